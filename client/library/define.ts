/** `millrace/widget/define`: the same, and makes `<millrace-chat>` known to the page. */
export * from './widget.ts'

import '../widget/define.ts'
