/** A question's body for each upstream that may be asked: a model's name and some fields differ. */
import type { KnownUpstream } from '../config/upstreams.ts'
import type { UpstreamForm } from '../formats/format.ts'
import type { WireFormat } from '../formats/wire-format.ts'
import { toBytes } from '../protocol/encode.ts'
import type { Candidate } from '../upstreams/plan.ts'
import { rewrite } from './rewrite.ts'

/** How a candidate takes a request. */
export const formOf = ({ model, upstream: { kind } }: Candidate<KnownUpstream>): UpstreamForm => ({
  model,
  outputBoundField: kind.outputBoundField,
  takesStreamOptions: kind.takesStreamOptions,
})

/**
 * @param bytes as the first of the candidates takes them
 * @returns sends the question to a candidate: these bytes to all that take them so, written anew for others
 */
export function sender(
  { path, requests }: WireFormat,
  bytes: Uint8Array,
  [first]: readonly Candidate[],
): (candidate: Candidate, signal: AbortSignal) => Promise<Response> {
  function bodyFor(candidate: Candidate): Uint8Array {
    if (candidate === first) return bytes
    const form = formOf(candidate)
    if (first && JSON.stringify(form) === JSON.stringify(formOf(first))) return bytes
    const text = new TextDecoder().decode(bytes)
    const read: Record<string, unknown> = JSON.parse(text)
    return toBytes(rewrite(text, read, requests.adapted(read, form)))
  }
  return (candidate, signal) =>
    candidate.upstream.call({ method: 'POST', path, body: bodyFor(candidate) }, signal)
}
