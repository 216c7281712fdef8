import { app } from './app.ts'

export { Caller } from './caller/caller.ts'
export { Meter } from './meter/meter.ts'
export default { fetch: app.fetch } satisfies ExportedHandler<Record<string, unknown>>
