/**
 * Lets go of what an error's frames refer to: the functions that were running, and all that they can reach.
 *
 * V8 keeps the frames until the stack is read for the first time. workerd keeps the error of a broken stream
 * as long as the stream. If a frame can reach that stream, neither is ever collected, nor is the rest of the
 * call.
 */
export function forgetFrames(error: unknown): void {
  if (error instanceof Error) void error.stack
}
