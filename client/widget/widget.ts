/** What `widget.js` is: it defines the element, and makes one where its script tag says `data-launcher`. */
import { MillraceChat } from './define.ts'
import { launch } from './launcher/launch.ts'

// Before any element is made: answers come from where the script did.
MillraceChat.endpoint = new URL(import.meta.url).origin
launch(import.meta.url)
