/** What pictures in questions need. Loaded where the Worker takes them, or a question has some. */
export { createPictureBox } from './picture-box.ts'
export { createThumbnails } from './thumbnails.ts'
