import { app } from './app.ts'

export { Meter } from './accounting/meter.ts'
export { Treasury } from './budget/treasury.ts'
export { Caller } from './streams/caller.ts'
export { Address } from './visitors/address-object.ts'
export default { fetch: app.fetch } satisfies ExportedHandler<Record<string, unknown>>
