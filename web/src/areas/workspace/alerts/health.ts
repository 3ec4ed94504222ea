import type { Shapes } from '../../../api/client'
import { plural } from '../../../kit/figures'

type Health = Shapes['HealthAnswer']

/** A destination or source that somebody has to look at. */
export type Unwell =
  | { of: 'destination'; is: Health['destinations'][number] }
  | { of: 'source'; is: Health['sources'][number] }

/** What is lost for good comes before what waits, and what needs somebody before what may mend itself. */
const RANKS = ['misconfigured', 'stopped', 'paused', 'failing', 'recovering']

function rank(unwell: Unwell): number {
  if (unwell.of === 'source') return -1
  const at = RANKS.indexOf(unwell.is.state)
  return at < 0 ? RANKS.length : at
}

const many = (unwell: Unwell) =>
  unwell.of === 'source'
    ? unwell.is.stopped + unwell.is.refusedRequests
    : unwell.is.failed + unwell.is.pending

/** Everything that does nothing but fail, the worst first. */
export function worstFirst({ destinations, sources }: Health): Unwell[] {
  const all: Unwell[] = [
    ...sources.map((is): Unwell => ({ of: 'source', is })),
    ...destinations.map((is): Unwell => ({ of: 'destination', is })),
  ]
  return all.sort((one, other) => rank(one) - rank(other) || many(other) - many(one))
}

/** What becomes of the messages meanwhile, in figures. */
export function harmOf(unwell: Unwell): string[] {
  const parts: string[] = []
  if (unwell.of === 'source') {
    const { stopped, refusedRequests } = unwell.is
    if (stopped > 0) parts.push(`${plural(stopped, 'message')} stopped`)
    if (refusedRequests > 0) parts.push(`${plural(refusedRequests, 'request')} refused`)
    return parts
  }
  const { failed, failedAttempts, pending } = unwell.is
  if (failed > 0) parts.push(`${plural(failed, 'message')} given up`)
  if (pending > 0) parts.push(`${plural(pending, 'message')} waiting, not lost`)
  if (failedAttempts > 0) parts.push(`${plural(failedAttempts, 'failed attempt')}`)
  return parts
}
