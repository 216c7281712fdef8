/**
 * Version of the interface between `widget.js` and its parts. Raise it with any change to a part's exports,
 * or to what they accept and return. A page that was opened before a deployment then refuses the new part
 * with a message, instead of running code that doesn't fit.
 */
export const PARTS_CONTRACT = 4
