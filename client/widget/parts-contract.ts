/**
 * What `widget.js` and the parts that it loads later expect of each other. Raise it with any change to what a part
 * exports, or to what those exports take and return: a page that was opened before a deployment then refuses the new
 * part and says why, in the place of running two halves that don't fit.
 */
export const PARTS_CONTRACT = 1
