/** The place that the page's address names: the chat, the race or the tag maker. */

export type Place = 'chat' | 'race' | 'embed'

/** Fragments within a place, such as the race's question box, begin with the place's name. */
export function placeOf(fragment: string): Place {
  const [, place] = /^#(race|embed)\b/.exec(fragment) ?? []
  return place === 'race' || place === 'embed' ? place : 'chat'
}

/** @param show called now, and again whenever the address names another place */
export function followAddress(show: (place: Place, arrived: 'loaded' | 'moved') => void): void {
  let here = placeOf(location.hash)
  addEventListener('hashchange', () => {
    const place = placeOf(location.hash)
    if (place === here) return
    here = place
    show(place, 'moved')
  })
  show(here, 'loaded')
}
