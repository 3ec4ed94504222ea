import type { Shapes } from '../../api/client'

type Criterion = Shapes['Criterion']
type Tick = Shapes['Tick']

/** What an application is approved on. */
export const CRITERIA: { criterion: Criterion; label: string; hint: string }[] = [
  {
    criterion: 'legitimateCompany',
    label: 'A legitimate company',
    hint: 'It exists, and it is who it says it is.',
  },
  {
    criterion: 'fitsPlatform',
    label: 'Its use cases fit the platform',
    hint: 'Customers would want this data here.',
  },
  {
    criterion: 'hasService',
    label: 'It has a service that can integrate',
    hint: 'There is a product, and it can send events.',
  },
  {
    criterion: 'notCustomerOrResearcher',
    label: 'Not an ordinary customer, and not a security researcher',
    hint: 'Customers need no partner account to send data.',
  },
]

/** Every criterion, as it was ticked so far. */
export const ticks = (known: Tick[]): Required<Tick>[] =>
  CRITERIA.map(({ criterion }) => {
    const tick = known.find((each) => each.criterion === criterion)
    return { criterion, met: tick?.met ?? false, note: tick?.note ?? '' }
  })

/** Why it cannot be approved yet, or nothing. */
export function whyNotApprove(all: Required<Tick>[]): string | undefined {
  const open = all.filter(({ met }) => !met).length
  if (open > 0) return `Approval waits for the criteria: ${open} of ${all.length} are not ticked.`
  if (all.some(({ note }) => !note.trim())) return 'Approval waits for a note on each of the criteria.'
  return undefined
}
