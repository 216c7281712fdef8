/** The app's own routes, for those who ask for another one. */

/** What a Hono app tells of its routes. */
interface Routed {
  readonly routes: readonly { readonly path: string; readonly method: string }[]
}

/** The methods of each path, in the order of the route map. Call it after the last route. */
export function methodsByPath({ routes }: Routed): Map<string, Set<string>> {
  const byPath = new Map<string, Set<string>>()
  for (const { path, method } of routes) {
    // Middleware for all paths.
    if (method === 'ALL') continue
    const methods = byPath.get(path) ?? new Set()
    byPath.set(path, methods.add(method))
    // Hono answers HEAD by the GET route.
    if (method === 'GET') methods.add('HEAD')
  }
  return byPath
}

/** A route as documentation writes it. */
export interface Route {
  method: string
  /** `/v1/models/{id}` */
  path: string
}

export function routesOf(app: Routed): Route[] {
  const shown = [...methodsByPath(app)].flatMap(([path, methods]) =>
    [...methods].map((method) => ({ method, path: path.replace(/:(\w+)(?:\{[^}]*\})?/g, '{$1}') })),
  )
  return shown.filter(({ method }) => method !== 'HEAD' && method !== 'OPTIONS')
}

/** The longest path that is compared. */
const MAX_PATH_CHARS = 64

/**
 * The route that a request for another path may have meant: one with a base address too much or too little,
 * `/chat/completions` or `/v1/v1/models`; the first one under a base address, `/v1`; or one that is written
 * almost so.
 */
export function meantRoute(asked: string, routes: readonly Route[]): Route | undefined {
  const path = asked.toLowerCase().replace(/\/+/g, '/').replace(/\/$/, '')
  if (path === '' || path.length > MAX_PATH_CHARS) return undefined
  const same = routes.find((route) => route.path === path)
  const under = routes.find((route) => route.path.startsWith(`${path}/`))
  const ends = routes.find((route) => route.path.endsWith(path) || path.endsWith(route.path))
  const [near] = routes
    .map((route) => ({ route, share: distance(path, route.path) / route.path.length }))
    .toSorted((a, b) => a.share - b.share)
  return same ?? under ?? ends ?? (near !== undefined && near.share <= 1 / 3 ? near.route : undefined)
}

/** Levenshtein's: how many characters differ. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
