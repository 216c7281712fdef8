export const de = { word: 'Mühlbach' }
