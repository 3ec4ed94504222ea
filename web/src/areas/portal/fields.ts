import type { Integration, Item, Submission } from './data'

/** A page of one integration. */
export type TabPath =
  | 'overview'
  | 'catalog-info'
  | 'events'
  | 'documentation'
  | 'setup'
  | 'test'
  | 'review'
  | 'history'
  | 'settings'

/** Where something is mended: the page, and the field on it as a JSON pointer into the catalog info. */
export interface Place {
  tab: TabPath
  field?: string
}

/** The page with the field that a JSON pointer of the catalog info names. */
export function placeOf(pointer: string): Place {
  const first = pointer.split('/')[1]
  if (first === 'events') return { tab: 'events', field: pointer }
  if (first === 'docs') return { tab: 'documentation', field: pointer }
  if (first === 'options') return { tab: 'setup', field: pointer }
  return { tab: 'catalog-info', field: pointer }
}

/** Where a line of the checklist is mended. */
export function placeOfItem(item: Pick<Item, 'key' | 'field'>): Place {
  if (item.field) return placeOf(item.field)
  if (item.key === 'installed') return { tab: 'settings' }
  if (item.key === 'testEvents' || item.key === 'checks') return { tab: 'test' }
  if (item.key === 'testAccount') return { tab: 'catalog-info', field: '/testAccount' }
  return { tab: 'review' }
}

const NAMES: Record<string, string> = {
  description: 'Description',
  website: 'Website',
  primaryCategory: 'Category',
  secondaryCategory: 'Second category',
  moreCategories: 'More categories',
  logo: 'Logo',
  mark: 'Mark',
  screenshots: 'Screenshots',
  supportEmail: 'Support address',
  docsUrl: 'Documentation link',
  regions: 'Regions',
  options: 'Setup fields',
  events: 'Events',
  introduction: 'Introduction',
  gettingStarted: 'Getting started',
  stream: 'Stream',
  eventProperties: 'Event properties',
  addingDestinations: 'Adding destinations',
}

/** What people call the field of a JSON pointer: "Documentation › Stream". */
export function fieldName(pointer: string, info?: Integration['info']): string {
  const [first = '', second, ...rest] = pointer.split('/').slice(1)
  if (first === 'docs') return second ? `Documentation › ${NAMES[second] ?? second}` : 'Documentation'
  if (first === 'events' && second) {
    const name = info?.events?.[Number(second)]?.name ?? `number ${Number(second) + 1}`
    return ['Events', name, ...rest.slice(0, 1)].join(' › ')
  }
  return NAMES[first] ?? (first || 'the listing')
}

/** The newest round, when it asked for changes that are still to be made. */
export function openRound(status: Integration['status'], submissions: Submission[]): Submission | undefined {
  const last = submissions[0]
  return status === 'PRIVATE_BUILDING' && last?.status === 'changesRequested' ? last : undefined
}

/** What reviewers said and nobody has dealt with. */
export const openComments = (submission: Submission | undefined) =>
  submission?.comments.filter((comment) => !comment.resolvedAt && comment.audience === 'builder') ?? []

/** What to do next: in words, and where; nowhere when it is somebody else's turn. */
export interface NextStep {
  words: string
  place?: Place
  /** The button on the overview. */
  action?: string
}

const SHORT: Record<string, string> = {
  description: 'Write a description',
  website: 'Link your website',
  category: 'Choose a category',
  logo: 'Upload the logo',
  mark: 'Upload the mark',
  supportEmail: 'Give a support address',
  events: 'Declare the events',
  documentation: 'Write the documentation',
  values: 'Mend a wrong value',
  installed: 'Add to a workspace',
  testEvents: 'Send a first event',
  checks: 'Mend what the checks found',
  testAccount: 'Give a test account',
}

/** The one thing to do next for an integration. */
export function nextStep(
  integration: Pick<Integration, 'status' | 'betaEndsAt' | 'removedReason'>,
  submissions: Submission[],
  items: Item[],
): NextStep {
  const todo = items.find((item) => !item.done)
  const edit = submissions.find((round) => round.purpose === 'edit')
  const round = openRound(integration.status, submissions)
  const notes = openComments(round).length
  switch (integration.status) {
    case 'PRIVATE_BUILDING':
      if (notes > 0) {
        const words = `${notes} ${notes === 1 ? 'note' : 'notes'} to answer`
        return { words, action: 'Answer the notes', place: { tab: 'review' } }
      }
      if (todo) return step(SHORT[todo.key] ?? todo.label, placeOfItem(todo))
      return step(round ? 'Resubmit for review' : 'Submit for review', { tab: 'review' })
    case 'PRIVATE_SUBMITTED':
      return { words: 'Waiting for the reviewers', place: { tab: 'review' } }
    case 'PRIVATE_BETA':
      return { words: 'Invite customers by its link', place: { tab: 'settings' }, action: 'Get the link' }
    default: {
      if (edit?.status === 'open') return { words: 'Edit in review', place: { tab: 'review' } }
      if (edit?.status === 'changesRequested') {
        return {
          words: 'Answer the notes on your edit',
          place: { tab: 'review' },
          action: 'Answer the notes',
        }
      }
      if (integration.status === 'PUBLIC_BETA') {
        return {
          words: integration.betaEndsAt
            ? `Public on ${day.format(new Date(integration.betaEndsAt))}`
            : 'In beta until an operator ends it',
        }
      }
      if (integration.status === 'DEPRECATED') return { words: 'Kept for those who use it' }
      if (integration.status === 'UNAVAILABLE') return { words: integration.removedReason ?? 'Removed' }
      return { words: 'Nothing to do' }
    }
  }
}

const step = (words: string, place: Place): NextStep => ({ words, place, action: words })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })

/** Whether what is written now can be edited: not while reviewers read it, and not after removal. */
export const editable = (status: Integration['status']) =>
  status !== 'PRIVATE_SUBMITTED' && status !== 'UNAVAILABLE'
