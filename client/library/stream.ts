/** `millrace/stream`: answers as async iterables, in browsers and elsewhere, without the element. */
export type { ChatChunk, ChatMessage, ChatRequest, Usage } from '../../worker/protocol/wire.ts'
export { ChatError, type ClientErrorCode } from '../stream/chat-error.ts'
export type { SessionStore } from '../stream/held-session.ts'
export { openChat } from '../stream/open-chat.ts'
export { type FollowOptions, followStream, type OpenOptions, openStream } from '../stream/open-stream.ts'
export type { ChatStream } from '../stream/read-stream.ts'
export { createSession, type SessionOptions, type VisitorSession } from '../stream/session.ts'
export { withdraw } from '../stream/withdraw.ts'
