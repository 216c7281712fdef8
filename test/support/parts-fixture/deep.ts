export const deep = 'deep'
