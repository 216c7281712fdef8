import { app } from './app.ts'

export { Meter } from './accounting/meter.ts'
export { Caller } from './objects/caller-object.ts'
export { Treasury } from './objects/deployment-object.ts'
export { Address } from './visitors/address-object.ts'
export default { fetch: app.fetch } satisfies ExportedHandler<Record<string, unknown>>
