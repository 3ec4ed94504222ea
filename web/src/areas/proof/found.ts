// What the checks found, sorted and counted as people ask for it.
import type { Shapes } from '../../api/client'
import { plural } from '../../kit/figures'

/** What the checks found in the messages of a source. */
export type Report = Shapes['Report']
/** One rule, and how messages kept it. */
export type Rule = Shapes['CheckedRule']
/** One event, declared or seen. */
export type Event = Shapes['CheckedEvent']
/** One message that shows something. */
export type Sample = Shapes['CheckedSample']

/** Rules by what became of them. A rule that nothing was held against says nothing. */
export function sorted(rules: Rule[]): { broken: Rule[]; kept: Rule[]; unused: Rule[] } {
  return {
    broken: rules.filter(({ broken }) => broken > 0),
    kept: rules.filter(({ broken, checked }) => broken === 0 && checked > 0),
    unused: rules.filter(({ checked }) => checked === 0),
  }
}

/** What became of an event: it is fine, it has errors, it has not come, or nobody declared it. */
export function standingOf(event: Event): 'passed' | 'failed' | 'unseen' | 'undeclared' {
  if (event.withErrors > 0) return 'failed'
  if (!event.declared) return 'undeclared'
  return event.seen > 0 ? 'passed' : 'unseen'
}

/** How many of the declared events came, and how many of their declared properties. */
export function coverageOf(events: Event[]) {
  const declared = events.filter((event) => event.declared)
  const properties = declared.flatMap((event) => event.properties)
  const seen = (all: { seen: number }[]) => all.filter((each) => each.seen > 0).length
  return {
    events: { seen: seen(declared), of: declared.length },
    properties: { seen: seen(properties), of: properties.length },
  }
}

/** How it came out, in a sentence. */
export function verdictOf({ outcome, rules, events }: Report): string {
  if (outcome === 'empty') return 'Nothing has arrived yet.'
  const errors = rules.filter(({ severity, broken }) => severity === 'error' && broken > 0).length
  const warnings = rules.filter(({ severity, broken }) => severity === 'warning' && broken > 0).length
  const unseen = events.filter((event) => standingOf(event) === 'unseen').length
  const advice = warnings > 0 ? `${plural(warnings, 'warning')} to look at` : ''
  if (outcome === 'passed') {
    return advice ? `Everything that must hold does; ${advice}.` : 'Everything holds.'
  }
  const told = [
    errors > 0 && plural(errors, 'rule is broken', 'rules are broken'),
    unseen > 0 && plural(unseen, 'declared event has not arrived', 'declared events have not arrived'),
    advice,
  ].filter(Boolean)
  return told.length > 0 ? `${told.join(', ')}.` : 'A message broke a rule that must hold.'
}

/** The title of a rule as people write it; a field's name at its beginning stays as it is. */
export const titleOf = (title: string) =>
  title.replace(/^(an?|the) /, (word) => word[0]!.toUpperCase() + word.slice(1))

/** A corrected value as it would stand in the message. */
export const written = (example: unknown) => JSON.stringify(example, null, 2)

/** What a certificate says. */
export interface Certified {
  submission: number
  issuedAt: string
  issuer: string
  ruleSet: string
  outcome: Report['outcome']
  score: number
  seen: Report['seen']
  evidenceHash: string
}
