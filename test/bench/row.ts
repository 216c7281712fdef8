/**
 * What the bench measures: a row has one figure for each contestant, and each figure's ratio to bare, or
 * what it adds to bare.
 */
import { type Contestant, NAMES, type Name } from './contestants.ts'
import { median, percentile } from './statistics.ts'

export type Figures = Partial<Record<Name, number>>

export interface Row {
  name: string
  unit: string
  figures: Figures
  /** Each figure divided by bare's, or less bare's. */
  toBare?: { ratio: Figures } | { added: Figures }
  goals?: Partial<Record<Name, Goal>>
  note?: string
}

/**
 * The most that is allowed: as a ratio to bare, on top of bare, as a ratio to the tutorial way or to the relay
 * with one upstream, or absolute.
 */
export interface Goal {
  of: 'ratio' | 'added' | 'tutorial' | 'relay' | 'figure'
  most: number
}

/**
 * A contestant's results, one a round. Contestants take turns, so that other work of the machine slows all
 * of them.
 */
export type Rounds<T> = Map<Name, T[]>

export async function takeTurns<T, C extends Pick<Contestant, 'name'>>(
  contestants: readonly C[],
  rounds: number,
  measure: (contestant: C) => Promise<T>,
): Promise<Rounds<T>> {
  const results: Rounds<T> = new Map()
  for (let round = 0; round < rounds; round++) {
    // Each round begins with the next contestant, so that none always runs after the same one.
    const first = round % contestants.length
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      const result = await measure(contestant)
      results.set(contestant.name, [...(results.get(contestant.name) ?? []), result])
    }
  }
  return results
}

/** The medians over the rounds. Ratios and additions are computed for each round, and then their median. */
export function rowOf<T>(
  row: Pick<Row, 'name' | 'unit' | 'goals' | 'note'> & { against: 'ratio' | 'added' },
  rounds: Rounds<T>,
  figureOf: (result: T) => number,
): Row {
  const { against, ...rest } = row
  const figures: Figures = {}
  const toBare: Figures = {}
  const bare = rounds.get('bare')?.map(figureOf) ?? []
  for (const name of NAMES) {
    const results = rounds.get(name)?.map(figureOf)
    if (results === undefined) continue
    figures[name] = median(results)
    if (name === 'bare') continue
    toBare[name] = median(
      results.map((figure, round) => {
        const one = bare[round] ?? Number.NaN
        return against === 'ratio' ? figure / one : figure - one
      }),
    )
  }
  if (bare.length === 0) return { ...rest, figures }
  return { ...rest, figures, toBare: against === 'ratio' ? { ratio: toBare } : { added: toBare } }
}

/** A row for a percentile that needs more figures than one round has: computed over all rounds together. */
export function pooledRowOf<T>(
  { against, ...row }: Pick<Row, 'name' | 'unit' | 'goals' | 'note'> & { against: 'ratio' | 'added' },
  rounds: Rounds<T>,
  figuresOf: (result: T) => readonly number[],
  part: number,
): Row {
  const pooled = new Map([...rounds].map(([name, results]) => [name, [results.flatMap(figuresOf)]]))
  return rowOf({ ...row, against }, pooled, (figures) => percentile(figures, part))
}

export interface Verdict extends Goal {
  name: Name
  reached: number
  met: boolean
}

/** The goals of the measured contestants, and whether they are met. */
export function verdicts({ figures, toBare, goals = {} }: Row): Verdict[] {
  const against: Partial<Record<'ratio' | 'added', Figures>> = toBare ?? {}
  return NAMES.flatMap((name) => {
    const goal = goals[name]
    if (goal === undefined) return []
    const reached = {
      ratio: against.ratio?.[name],
      added: against.added?.[name],
      tutorial: quotient(figures[name], figures.tutorial),
      relay: quotient(figures[name], figures.relay),
      figure: figures[name],
    }[goal.of]
    return reached === undefined ? [] : { name, ...goal, reached, met: reached <= goal.most }
  })
}

const quotient = (one?: number, other?: number) =>
  one === undefined || other === undefined ? undefined : one / other
