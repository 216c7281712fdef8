/** `millrace/widget/define`: `millrace/widget`, and defines `<millrace-chat>`. */
export * from './widget.ts'

import '../widget/define.ts'
