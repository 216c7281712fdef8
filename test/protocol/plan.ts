/**
 * The upstream of these cases. It answers as the request itself tells it to, by a field that no model knows and that
 * passes through like any other: so a case is the same in every runtime, and no case disturbs another.
 */
import { completion } from '../support/sse.ts'

export interface Plan {
  /** By which its calls can be asked after. */
  name: string
  steps: Step[]
}

export type Step =
  /** Sent as it is, in a part of its own. */
  | string
  /** Nothing until the gate is opened: cases wait by count, not by time. */
  | Gate
  /** A status in place of a stream, as long as no gate says otherwise. */
  | { refuse: number; body: object; unless?: Gate }
  /** The connection ends where the answer doesn't. Without it, a clean end follows the last step. */
  | { breakOff: 'close' | 'reset' }

export interface Gate {
  gate: string
  /** What is said again and again meanwhile. */
  saying?: string
}

/** What cases ask of the upstream in between, through the Worker like everything else. */
export type Control =
  | { open: string }
  /** With `over`, as soon as none of them is under way. */
  | { callsOf: string; over?: true }

export interface Calls {
  made: number
  underWay: number
  /** The latest, without its plan. */
  request: Record<string, unknown>
}

export const plan = (...steps: Step[]): Plan => ({ name: crypto.randomUUID(), steps })

export const gate = (): Gate => ({ gate: crypto.randomUUID() })

/** How a runtime does what the upstream decides. */
export interface Outlet {
  /** Sends the head too, if this is the first. */
  send(text: string): Promise<void>
  json(value: unknown, status: number): void
  /** `close`: after all that was sent. */
  breakOff(how: 'close' | 'reset'): Promise<void> | void
  end(): void
  /** Whether the other side is gone. */
  left(): boolean
}

/** How often things are looked at. Not a promise: one made in one request can't be awaited in another in workerd. */
const LOOK_MS = 3

export const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_MS))

const NONE: Calls = { made: 0, underWay: 0, request: {} }

export function createPlannedUpstream(): (request: Record<string, unknown>, to: Outlet) => Promise<void> {
  const open = new Set<string>()
  const calls = new Map<string, Calls>()

  return async function answer({ plan, control, ...request }, to) {
    if (control !== undefined) return obey(control as Control, to)
    const { name, steps } = plan as Plan
    const its = calls.get(name) ?? { made: 0, underWay: 0, request }
    calls.set(name, its)
    its.made++
    its.underWay++
    its.request = request
    try {
      await perform(steps, to)
    } finally {
      its.underWay--
    }
  }

  async function obey(control: Control, to: Outlet): Promise<void> {
    if ('open' in control) open.add(control.open)
    const its = ('callsOf' in control && calls.get(control.callsOf)) || NONE
    while ('over' in control && its.underWay > 0 && !to.left()) await aMoment()
    to.json(completion(JSON.stringify(its)), 200)
  }

  async function perform(steps: Step[], to: Outlet): Promise<void> {
    for (const step of steps) {
      if (to.left()) return
      if (typeof step === 'string') await to.send(step)
      else if ('gate' in step) await opened(step, to)
      else if ('breakOff' in step) return to.breakOff(step.breakOff)
      else if (step.unless === undefined || !open.has(step.unless.gate)) {
        return to.json(step.body, step.refuse)
      }
    }
    if (!to.left()) to.end()
  }

  async function opened({ gate, saying }: Gate, to: Outlet): Promise<void> {
    while (!open.has(gate) && !to.left()) {
      if (saying !== undefined) await to.send(saying)
      await aMoment()
    }
  }
}
