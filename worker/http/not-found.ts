/**
 * Answers a path that is no route: with the routes that there are, and the one that may have been meant. The
 * routes are read from the app, so call it after the last of them.
 *
 * @example
 *   app.get('/x', handler)
 *   app.notFound(answerOtherPaths(app))
 */
import type { Hono, NotFoundHandler } from 'hono'
import { ApiError } from '../errors.ts'
import { MAX_SHOWN_CHARS } from '../limits.ts'
import type { App } from './context.ts'
import { refuse } from './respond.ts'
import { meantRoute, type Route, routesOf } from './routes.ts'

export function answerOtherPaths(app: Hono<App>): NotFoundHandler<App> {
  const routes = routesOf(app)
  const list = routes.map(inWords).join(', ')
  return (c) => {
    const meant = meantRoute(c.req.path, routes)
    const guess = meant === undefined ? '' : ` Is ${inWords(meant)} meant?`
    const asked = inWords({ method: c.req.method, path: c.req.path.slice(0, MAX_SHOWN_CHARS) })
    return refuse(
      c,
      new ApiError('not_found', { message: `There is no route ${asked}.${guess} Routes: ${list}.` }),
    )
  }
}

const inWords = ({ method, path }: Route) => `${method} ${path}`
