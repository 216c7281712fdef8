/** `millrace/widget`: the element's class, for bundlers. Importing it defines no element and needs no DOM. */
export type { PageContext } from '../widget/context/page-context.ts'
export type * from '../widget/events.ts'
export { MillraceChat } from '../widget/millrace-chat.ts'
