import { app } from './app.ts'

export { Address } from './caller/address.ts'
export { Caller } from './caller/caller.ts'
export { Treasury } from './caller/treasury.ts'
export { Meter } from './meter/meter.ts'
export default { fetch: app.fetch } satisfies ExportedHandler<Record<string, unknown>>
