/** How the element looks before there is a panel. */
import bubble from './bubble.css?inline'
import look from './look.css?inline'

export const SHELL_STYLES = [look, bubble]
