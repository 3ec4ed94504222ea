import { useQuery } from '@tanstack/react-query'
import { LinkButton, OutsideButton } from '../../../kit/button'
import { Loaded } from '../../../kit/loaded'
import { Empty, Muted, Section } from '../../../kit/page'
import { Beta } from '../../proof/beta'
import { Evidence } from '../../proof/evidence'
import { verdictOf } from '../../proof/found'
import { betaQuery, evidenceQuery } from '../queries'
import type { Review } from './frozen'

/** What the builder saw when it was submitted, frozen; and how it did since. */
export function Proof({ review }: { review: Review }) {
  const { submission, integrationId, status } = review
  const evidence = useQuery(evidenceQuery(submission.id))
  return (
    <>
      <Loaded query={evidence} rows={8}>
        {(found) =>
          found ? (
            <Evidence
              evidence={found}
              messages={`/api/reviews/${encodeURIComponent(submission.id)}/evidence/messages`}
            >
              <OutsideButton
                small
                href={`/api/reviews/${encodeURIComponent(submission.id)}/certificate`}
                download={`${submission.id}-certificate.json`}
              >
                Download the certificate
              </OutsideButton>
            </Evidence>
          ) : (
            <Empty title="Nothing was frozen with it">
              <p>
                {submission.purpose === 'edit'
                  ? 'An edit changes what customers read. What the source sends is judged at its launch.'
                  : 'It was submitted before checks were frozen with submissions.'}
              </p>
            </Empty>
          )
        }
      </Loaded>
      {!status.startsWith('PRIVATE_BUILDING') && status !== 'PRIVATE_SUBMITTED' && (
        <SinceApproval id={integrationId} />
      )}
    </>
  )
}

function SinceApproval({ id }: { id: string }) {
  return <Beta beta={useQuery(betaQuery(id))} />
}

/** The verdict of the checks in a line, with the way to all of it. */
export function ProofLine({ review: { submission } }: { review: Review }) {
  const evidence = useQuery(evidenceQuery(submission.id)).data
  if (!evidence) return null
  return (
    <Section title={`Checked on real events: ${evidence.report.score} of 100`}>
      <p>
        {verdictOf(evidence.report)}{' '}
        <Muted>What the builder saw when it was submitted, and nothing newer.</Muted>
      </p>
      <div>
        <LinkButton small to="/platform/reviews/$id" params={{ id: submission.id }} search={{ tab: 'proof' }}>
          Look at the evidence
        </LinkButton>
      </div>
    </Section>
  )
}
