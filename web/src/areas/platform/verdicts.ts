import type { Shapes } from '../../api/client'

type Submission = Pick<Shapes['SubmissionView'], 'parts' | 'outcome'>

/** The parts of a review, in order. */
export const PARTS: Record<Shapes['Part'], string> = {
  functionality: 'Functionality',
  metadata: 'Catalog metadata',
  documentation: 'Documentation',
}

const names = (parts: Shapes['Part'][]) => parts.map((part) => PARTS[part].toLowerCase()).join(', ')

/** Why it cannot be approved now, or nothing. */
export function whyNotApprove({ outcome }: Submission): string | undefined {
  if (outcome.outcome === 'open') return `Approval waits for a verdict on: ${names(outcome.parts)}.`
  if (outcome.outcome === 'changes') return `Not to be approved: ${names(outcome.parts)} must change.`
  return undefined
}

/** Why changes cannot be requested now, or nothing. */
export function whyNotRequest({ outcome, parts }: Submission): string | undefined {
  if (outcome.outcome !== 'changes') {
    return 'To request changes, judge at least one part “changes” and comment on it.'
  }
  const asking = outcome.parts
  const silent = parts.filter(({ part, openComments }) => asking.includes(part) && openComments === 0)
  if (silent.length === 0) return undefined
  return `To request changes, write at least one comment that the partner reads on: ${names(silent.map(({ part }) => part))}.`
}

/** What a comment can be about: fields of the listing by part, as JSON pointers. */
export const FIELDS: Record<Shapes['Part'], [pointer: string, label: string][]> = {
  functionality: [
    ['/events', 'Declared events'],
    ['/options', 'Settings fields'],
    ['/regions', 'Regions'],
    ['/testAccount', 'Test account'],
  ],
  metadata: [
    ['/name', 'Name'],
    ['/description', 'Description'],
    ['/website', 'Website'],
    ['/primaryCategory', 'Category'],
    ['/secondaryCategory', 'Second category'],
    ['/logo', 'Logo'],
    ['/mark', 'Mark'],
    ['/screenshots', 'Screenshots'],
    ['/supportEmail', 'Support address'],
  ],
  documentation: [
    ['/docs/introduction', 'Introduction'],
    ['/docs/gettingStarted', 'Getting started'],
    ['/docs/stream', 'Stream'],
    ['/docs/events', 'Events'],
    ['/docs/eventProperties', 'Event properties'],
    ['/docs/addingDestinations', 'Adding destinations'],
    ['/docsUrl', 'Link to their own documentation'],
  ],
}

/** The part that a field belongs to. */
export function partOf(pointer: string): Shapes['Part'] {
  for (const part of Object.keys(FIELDS) as Shapes['Part'][]) {
    if (FIELDS[part].some(([field]) => pointer === field || pointer.startsWith(`${field}/`))) return part
  }
  return 'metadata'
}
