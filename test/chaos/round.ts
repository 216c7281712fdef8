/** One round of chaos: its calls are made, all else is done to Millrace meanwhile, and then everything is looked at. */
import { setTimeout } from 'node:timers/promises'
import type { CallerUsage } from '../../worker/protocol/wire.ts'
import { type Sent as Headers, keys, usageOf as readUsage, visit } from '../support/gate.ts'
import { ask } from './ask.ts'
import { type Bill, billOf, SETTLED_MS, secondsOf } from './bill.ts'
import { type Asker, makeCall, type Outcome } from './call.ts'
import type { LogLine } from './deployment.ts'
import { eventsIn } from './events.ts'
import { type ChaosHouse, DEADLINES_MS } from './house.ts'
import { judge, LATE_MS, type Sent, type Verdict } from './judge.ts'
import {
  type Disruption,
  type DisruptionKind,
  KEYS_A_ROUND,
  type PlannedCall,
  type PlannedRound,
  VISITORS_A_ROUND,
} from './plan.ts'

/** What is wrong, and where. */
export interface Violation {
  /** `undefined`: after all of them. */
  round: number | undefined
  /** The call or the caller; `undefined`: all of it. */
  step: string | undefined
  wrong: string
}

export interface Played {
  outcomes: { outcome: Outcome; verdict: Verdict }[]
  disruptions: readonly Disruption[]
  violations: Violation[]
}

/** What was done to Millrace, and when: `performance.now()`. */
interface Done {
  kind: DisruptionKind
  from: number
  to: number
}

/** After it all that a killed call had reserved has expired, and so has what was kept. */
const LATER_MS = 10 * 60_000
const QUIET_MS = 1_100
/** The longest that a call is settled after its upstream's last deadline. */
const COMES_MS = SETTLED_MS + DEADLINES_MS.total + 10_000

export async function playRound(house: ChaosHouse, plan: PlannedRound): Promise<Played> {
  const { deployment, upstream, pulse } = house
  const violations: Violation[] = []
  const accuse = (step: string | undefined, wrong: string) => {
    const call = plan.calls.find(({ name }) => name === step)
    violations.push({
      round: plan.round,
      step,
      wrong: call === undefined ? wrong : `${wrong} (${described(call)})`,
    })
  }
  const known = keys(KEYS_A_ROUND)
  const ACCESS_KEYS = known.ACCESS_KEYS.replaceAll('caller', `round${plan.round}-`)
  const settings = house.settings({ hasLimits: plan.hasLimits, ACCESS_KEYS })
  await upstream.clear()
  house.expect(plan.calls)
  await deployment.deploy(settings)
  const logsBefore = deployment.logs.length
  const straight = () => `http://127.0.0.1:${deployment.port}`
  const health = await fetch(`${straight()}/healthz`)
  if (!health.ok) throw new Error(`The Worker does not start: ${await health.text()}`)
  const askers = await gather(known.callers, plan.round, straight())

  const began = performance.now()
  const done: Done[] = []
  /** What was reserved before the clock jumped back expires by the time of then. */
  let furthest = deployment.ahead
  const disrupting = disrupt()
  const outcomes = await Promise.all(
    plan.calls.map(async (call) => {
      await pulse.wait(call.atMs, began)
      return makeCall(call, askers[call.caller] as Asker, { url: house.near.url, pulse })
    }),
  )
  await disrupting

  async function disrupt(): Promise<void> {
    for (const one of plan.disruptions) {
      await pulse.wait(one.atMs, began)
      const from = performance.now()
      if (one.kind === 'kill') {
        const objects = await deployment.objects()
        const object = objects[Math.floor(one.which * objects.length)]
        if (object !== undefined) await deployment.kill(object)
      } else if (one.kind === 'deployment') await deployment.deploy(settings)
      else {
        await deployment.setClock(deployment.ahead + one.byMs)
        furthest = Math.max(furthest, deployment.ahead)
      }
      done.push({ kind: one.kind, from, to: performance.now() })
    }
  }

  /** What was done to Millrace while it may have been at work on this call. */
  const hitsOf = ({ askedAt, endedAt }: Outcome): ReadonlySet<DisruptionKind> =>
    new Set(
      done
        // A clock that has jumped stays where it is.
        .filter(({ kind, from, to }) => (kind === 'clock' || to >= askedAt) && from <= endedAt + SETTLED_MS)
        .map(({ kind }) => kind),
    )
  const comes = (isSo: () => boolean | Promise<boolean>) => pulse.comes(COMES_MS, isSo)
  const isCalm = done.length === 0
  const jumped = done.some(({ kind }) => kind === 'clock')

  if (!(await comes(() => upstream.open === 0)))
    accuse(undefined, `calls upstream have not ended: ${[...house.openUpstream].join(', ')}`)
  const judged = outcomes.map((outcome) => {
    const sent = sentTo(outcome)
    const late = pulse.late(outcome.askedAt, outcome.endedAt)
    const verdict = judge(outcome, sent, hitsOf(outcome), late)
    for (const wrong of verdict.wrong) accuse(outcome.call.name, wrong)
    return { outcome, verdict, sent }
  })

  function sentTo({ call }: Outcome): Sent {
    const attempts = house.attemptsOf(call.name)
    const last = attempts.findLast(({ sent }) => sent.length > 0)
    return {
      attempts: attempts.length,
      body: Buffer.concat((last?.sent ?? []).map(({ bytes }) => bytes)).toString(),
    }
  }

  if (!jumped) for (const { outcome, verdict } of judged) await readAgain(outcome, verdict)

  /** A kept answer reads the same later, for as long as it is kept. */
  async function readAgain({ id, call, asker, events }: Outcome, { end }: Verdict): Promise<void> {
    if (id === undefined || events.length === 0) return
    const path = call.route.format === 'responses' ? `/v1/responses/${id}?stream=true` : `/v1/streams/${id}`
    const seen = await ask({
      url: straight() + path,
      method: 'GET',
      headers: asker.headers,
      patience: pulse.patience(10_000),
    })
    const again = eventsIn(seen.body.toString())
    const ofBoth = again.filter(({ id = 0 }) => events.some((one) => one.id === id))
    // What came within the last moments before a restart may be lost. The end is not.
    if (end !== 'interrupted' && again.length !== events.length) {
      accuse(call.name, `it has ${again.length} events when it is read again, and had ${events.length}`)
    }
    for (const one of ofBoth) {
      const before = events.find(({ id }) => id === one.id)
      if (before?.text !== '' && before?.text !== one.text)
        accuse(call.name, `event ${one.id} is another one when it is read again`)
    }
    if (again.at(-1)?.data !== events.at(-1)?.data && call.reader.kind !== 'uses the SDK')
      accuse(call.name, 'it has another end when it is read again')
  }

  // Of a round in which nothing was killed, all is settled soon. Of another, once what was reserved has
  // expired.
  const logs = () => deployment.logs.slice(logsBefore)
  if (isCalm)
    await comes(() => judged.every(({ outcome }) => !isFindable(outcome) || lineOf(outcome) !== undefined))
  else {
    await setTimeout(jumped ? 0 : 500)
    await deployment.setClock(furthest + LATER_MS)
    for (const object of await deployment.objects()) await deployment.ring(object)
  }

  function lineOf({ call, seen }: Outcome): LogLine | undefined {
    return logs().find(
      ({ model, id, end }) =>
        end !== undefined &&
        (model === call.name || (id !== undefined && id === seen.headers['x-request-id'])),
    )
  }

  /** Whether its line of the log can be told from others: by its model, or by its id. */
  function isFindable({ call, asker, seen }: Outcome): boolean {
    const hasOwnId = call.near === undefined && call.reader.kind !== 'asks twice'
    const isKnown = !asker.isVisitor || (hasOwnId && seen.headers['x-request-id'] !== undefined)
    return house.attemptsOf(call.name).length > 0 && isKnown
  }

  const bills = judged.map(({ outcome, verdict, sent }): Bill => {
    const hit = hitsOf(outcome)
    const line = lineOf(outcome)
    const logged = line?.total_ms === undefined ? undefined : Number(line.total_ms)
    const seconds = secondsOf(outcome, logged, jumped)
    const isLate = pulse.late(outcome.askedAt, outcome.endedAt + SETTLED_MS) >= LATE_MS
    const bill = billOf(outcome, sent, { end: verdict.end, hit, seconds, isLate })
    const charged = Number(line?.charged_tokens ?? 0)
    if (line !== undefined && (charged < bill.least || charged > bill.most)) {
      accuse(
        outcome.call.name,
        `it was charged ${charged} tokens, and should be from ${bill.least} to ${bill.most}`,
      )
    }
    if (isCalm && line === undefined && isFindable(outcome)) {
      accuse(outcome.call.name, 'the log has no line of its end')
    }
    return bill
  })

  for (const asker of askers) {
    if (jumped && asker.isVisitor) continue
    const own = bills.filter((_, index) => judged[index]?.outcome.asker === asker)
    const sum = (of: keyof Bill) => own.reduce((all, bill) => all + bill[of], 0)
    let told: Partial<CallerUsage> = {}
    await comes(async () => {
      told = await readUsage(straight(), asker.headers)
      return told.calls?.running === 0 && told.tokens?.reserved === 0
    })
    const { calls, tokens } = told
    if (calls === undefined || tokens === undefined) {
      accuse(asker.name, `asked for its use it is answered ${JSON.stringify(told)}`)
      continue
    }
    const { used, reserved } = tokens
    if (calls.running !== 0 || reserved !== 0) {
      accuse(asker.name, `${calls.running} calls still run, with ${reserved} tokens reserved`)
    }
    const least = jumped ? 0 : sum('least')
    if (used < least || used > sum('most')) {
      accuse(asker.name, `it has used ${used} tokens, and should have from ${least} to ${sum('most')}`)
    }
    if (!isCalm) continue
    const logged = logs()
      .filter(({ caller }) => caller === asker.name)
      .reduce((all, { charged_tokens }) => all + Number(charged_tokens ?? 0), 0)

    if (logged !== used) accuse(asker.name, `it has used ${used} tokens, and the log says ${logged}`)
  }
  for (const line of logs()) {
    if (line.charged_tokens !== undefined && !line.caller)
      accuse(String(line.id), `the log names no caller: ${JSON.stringify(line)}`)
    if (line.code === 'internal_error') accuse(String(line.id), `a defect: ${JSON.stringify(line)}`)
  }
  if (!(await isQuiet())) accuse(undefined, 'timers go on though nothing runs')

  async function isQuiet(): Promise<boolean> {
    return comes(async () => {
      const before = await deployment.ticks()
      await setTimeout(QUIET_MS)
      return (await deployment.ticks()) === before
    })
  }

  return { outcomes: judged, disruptions: plan.disruptions, violations }
}

async function gather(keyHolders: readonly Headers[], round: number, url: string): Promise<Asker[]> {
  const visitors: Asker[] = []
  for (let at = 0; at < VISITORS_A_ROUND; at++) {
    const headers = await visit(url)
    const token = (headers.authorization ?? '').split(/[ .]/)
    visitors.push({ name: visitorOf(token), isVisitor: true, headers })
  }
  return [
    ...keyHolders.map(
      (headers, at): Asker => ({ name: `key:round${round}-${at}`, isVisitor: false, headers }),
    ),
    ...visitors,
  ]
}

/** A call, in a line. */
function described({ route, way, near, far, reader }: PlannedCall): string {
  const faults = { ...(near && { near }), ...(far && { far }) }
  return `${route.name}; its upstream: ${way}; ${JSON.stringify(faults)}; its reader: ${JSON.stringify(reader)}`
}

function visitorOf(token: string[]): string {
  for (const part of token) {
    try {
      const { sub } = JSON.parse(Buffer.from(part, 'base64url').toString()) as { sub?: string }
      if (sub !== undefined) return `visitor:${sub}`
    } catch {}
  }
  return 'visitor'
}
