/** Whether a call that failed before its answer may have cost tokens. Pure. */
import { QUICK_FAILURE_MS } from '../limits.ts'

/**
 * Statuses below 500 are about the request or the account, and 503 and 529 about capacity: no model was
 * asked. After 408 and the other statuses above 500, as after a connection that broke, one may have been at
 * work. A failure that comes quickly is taken for one of the connection.
 *
 * @param status the upstream's; `unreachable`: refused, reset, or gone before its status. An error in a
 *   success has the status of success: a model was asked
 * @param ms from the attempt to its failure
 */
export function mayHaveCost(status: number | 'unreachable', ms: number): boolean {
  const isRefusal =
    status !== 'unreachable' &&
    status >= 300 &&
    (status < 500 ? status !== 408 : status === 503 || status === 529)
  return !isRefusal && ms >= QUICK_FAILURE_MS
}
