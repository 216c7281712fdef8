/** What only suggestions need. Loaded where the Worker asks for some, or the page gives some. */
export { withSuggestions } from '../../stream/suggestions.ts'
export { createSuggestionList } from './suggestion-list.ts'
