/** Which place of the page its address names: the chat, or the race. */

export type Place = 'chat' | 'race'

/** The parts of a place, such as the race's question box, are fragments that begin with its name. */
export function placeOf(fragment: string): Place {
  return /^#race\b/.test(fragment) ? 'race' : 'chat'
}

/** @param show called now, and whenever the address names another place */
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
