/** Which upstreams may be asked for a model, in which order, and by which name of it. Pure. */
import type { KnownUpstream, ModelRoutes, RouteStep, Upstreams } from '../config/upstreams.ts'
import type { ModelNames } from '../tokens/model-name.ts'
import type { Route } from './hosts/host.ts'
import type { Upstream } from './upstream.ts'

/** An upstream that may be asked, and what is particular to the model there. */
export interface Candidate<Known extends KnownUpstream = Upstream> extends Omit<RouteStep, 'upstream'> {
  readonly upstream: Known
  /** The model's name there. */
  readonly model: string
}

export interface Asked {
  /** As the caller names it. */
  model: string
  route: Route
  /**
   * The name of the upstream that has what the request goes on from: no other one knows it. Without such an
   * upstream all may be asked, and say themselves that they don't have it.
   */
  at?: string | undefined
}

export function namesOf({ routes }: Pick<Upstreams<KnownUpstream>, 'routes'>, asked: string): ModelNames {
  return { asked, there: stepsOf(routes, asked)?.map(({ model = asked }) => model) ?? [asked] }
}

const stepsOf = (routes: ModelRoutes, model: string): readonly RouteStep[] | undefined =>
  Object.hasOwn(routes, model) ? routes[model] : undefined

/**
 * A model without a route of its own is asked for at each upstream, by its own name.
 *
 * @returns none where no upstream has the route
 */
export function plan<Known extends KnownUpstream>(
  { all, routes }: Upstreams<Known>,
  { model, route, at }: Asked,
): readonly Candidate<Known>[] {
  const steps: readonly RouteStep[] = stepsOf(routes, model) ?? all.map(({ name }) => ({ upstream: name }))
  const candidates = steps.flatMap(({ upstream: name, ...step }) => {
    const upstream = all.find((one) => one.name === name)
    return upstream?.kind.routes.includes(route) ? [{ model, ...step, upstream }] : []
  })
  const there = candidates.filter(({ upstream }) => upstream.name === at)
  return at === undefined || there.length === 0 ? candidates : there
}
