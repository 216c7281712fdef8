/** What the Worker that makes the same calls is asked to do beside its call. */

/** The header that names the object that a call goes through. */
export const CALLER = 'x-caller'
/** The header that says how often the moderation is asked first. */
export const MODERATIONS = 'x-moderations'
