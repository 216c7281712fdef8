/** `millrace/stream`: answers as async iterables, in browsers and elsewhere, without the element. */
export type { ChatChunk, ChatMessage, ChatRequest } from '../../worker/formats/chat-completions/wire.ts'
export type { Usage } from '../../worker/protocol/wire.ts'
export { ChatError, type ClientErrorCode } from '../stream/chat-error.ts'
export type { SessionStore } from '../stream/held-session.ts'
export { openChat } from '../stream/open-chat.ts'
export { followResponse, openResponse, type ResponseRequest } from '../stream/open-response.ts'
export { type FollowOptions, followStream, type OpenOptions, openStream } from '../stream/open-stream.ts'
export type { ChatStream } from '../stream/read-stream.ts'
export {
  runTools,
  type Tool,
  type ToolChunk,
  type ToolContext,
  type ToolOptions,
  type ToolRun,
  type Tools,
} from '../stream/run-tools.ts'
export { createSession, type SessionOptions, type VisitorSession } from '../stream/session.ts'
export type { AnswerChunk, Progress, Source } from '../stream/stream-format.ts'
export type { ToolResult } from '../stream/tool-conversation.ts'
export { withdraw } from '../stream/withdraw.ts'
