import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read, type Shapes } from '../../api/client'
import { accountQuery } from '../../api/queries'
import { LifeBadge } from '../../kit/badge'
import { Button, LinkButton } from '../../kit/button'
import { Id } from '../../kit/copy'
import { Loaded } from '../../kit/loaded'
import { Logo } from '../../kit/logo'
import { Body, Columns, Mono, Note, PageHead, Pairs, Section, Tab, Tabs, useTitle } from '../../kit/page'
import { toastRefusal } from '../../kit/refusal'
import { Time } from '../../kit/time'
import { toast } from '../../kit/toast'
import { Due, RoundBadge } from './due'
import { History } from './history'
import { reviewQuery, reviewsQuery } from './queries'
import { Conversation } from './review/conversation'
import { Documentation } from './review/documentation'
import { Events } from './review/events'
import { type About, aboutField, frozenOf, type Review } from './review/frozen'
import { Listing } from './review/listing'
import { Parts } from './review/parts'
import { Proof } from './review/proof'
import { TestAccount } from './review/test-account'
import { whyNotApprove, whyNotRequest } from './verdicts'
import { WordsDialog } from './words'

/** One submission, to be decided. */
export function ReviewPage() {
  const { id } = getRouteApi('/platform/reviews/$id').useParams()
  const review = useQuery(reviewQuery(id))
  useTitle('Review', review.data && frozenOf(review.data).name)
  return (
    <Loaded query={review} rows={6}>
      {(found) => <Decide review={found} key={found.submission.id} />}
    </Loaded>
  )
}

type Action = Shapes['DecisionAction']

function Decide({ review }: { review: Review }) {
  const { submission, slug } = review
  const { tab } = getRouteApi('/platform/reviews/$id').useSearch()
  const account = useQuery(accountQuery).data
  const client = useQueryClient()
  const [deciding, setDeciding] = useState<Action>()
  const [about, setAbout] = useState<About>()
  const [busy, setBusy] = useState(false)
  const rounds = (useQuery(reviewsQuery('all')).data ?? []).filter((round) => round.slug === slug)
  const earlier = useQueries({
    queries: rounds.filter((round) => round.number < submission.number).map(({ id }) => reviewQuery(id)),
  })
    .map(({ data }) => data)
    .filter((found): found is Review => !!found)
    .sort((a, b) => b.submission.number - a.submission.number)

  const { name, info } = frozenOf(review)
  const open = submission.status === 'open'
  const edit = submission.purpose === 'edit'
  const mine = review.reviewers.some((reviewer) => reviewer.id === account?.id)
  const partner = rounds.find((round) => round.id === submission.id)?.partner
  const refused = open
    ? { approve: whyNotApprove(submission), request: whyNotRequest(submission) }
    : { approve: undefined, request: undefined }
  const reasons = [refused.approve, refused.request].filter(Boolean)

  const known = async (answer: { review: Review }) => {
    client.setQueryData(reviewQuery(submission.id).queryKey, answer.review)
    await client.invalidateQueries({ queryKey: ['operator', 'reviews'] })
  }
  const params = { path: { submissionId: submission.id } }
  const decide = async (action: Action, reason: string) => {
    const body = { action, reason, contentHash: submission.contentHash }
    await known(await read(api.POST('/reviews/{submissionId}/decision', { params, body })))
    await client.invalidateQueries({ queryKey: ['operator', 'integrations'] })
    toast(
      action === 'requestChanges'
        ? 'Changes are requested, and the team is told'
        : action === 'approvePrivateBeta'
          ? `${name} is in private beta, and the team is told`
          : edit
            ? `The edit of ${name} is published, and the team is told`
            : `${name} is listed as a beta, and the team is told`,
    )
  }
  const commentOn = (target: Omit<About, 'turn'>) => setAbout({ ...target, turn: (about?.turn ?? 0) + 1 })
  const search = (word?: string) => ({ tab: word })
  const route = { to: '/platform/reviews/$id', params: { id: submission.id } } as const
  const exact = { activeOptions: { exact: true } }
  return (
    <>
      <PageHead
        title={name}
        mark={<Logo name={name} src={info.mark ? `/api/assets/${info.mark}` : undefined} />}
        badge={<LifeBadge status={review.status} />}
        sub={
          <>
            {edit ? 'Edit' : 'Launch'}, round {submission.number}
            {partner && `, by ${partner}`}. Submitted <Time at={submission.submittedAt} />.{' '}
            {open ? <Due age={review.age} /> : <RoundBadge status={submission.status} />}
          </>
        }
      >
        {open && !mine && (
          <Button
            busy={busy}
            onClick={async () => {
              setBusy(true)
              try {
                await known(await read(api.POST('/reviews/{submissionId}/assign', { params })))
                toast('The review is yours')
              } catch (error) {
                toastRefusal(error)
              } finally {
                setBusy(false)
              }
            }}
          >
            Assign to me
          </Button>
        )}
        {open && (
          <>
            <Button
              disabled={!!refused.request}
              aria-describedby={refused.request ? 'refused' : undefined}
              onClick={() => setDeciding('requestChanges')}
            >
              Request changes…
            </Button>
            {!edit && (
              <Button
                disabled={!!refused.approve}
                aria-describedby={refused.approve ? 'refused' : undefined}
                onClick={() => setDeciding('approvePrivateBeta')}
              >
                Approve as private beta…
              </Button>
            )}
            <Button
              look="primary"
              disabled={!!refused.approve}
              aria-describedby={refused.approve ? 'refused' : undefined}
              onClick={() => setDeciding('approve')}
            >
              {edit ? 'Publish edit…' : 'Approve as beta…'}
            </Button>
          </>
        )}
      </PageHead>
      <Tabs label="Review">
        <Tab {...route} search={search()} {...exact}>
          Checklist
        </Tab>
        <Tab {...route} search={search('proof')} {...exact}>
          Proof
        </Tab>
        <Tab {...route} search={search('listing')} activeOptions={{ exact: false }}>
          {edit && open ? `Listing (${review.changes.length} changed)` : 'Listing'}
        </Tab>
        <Tab {...route} search={search('documentation')} {...exact}>
          Documentation
        </Tab>
        <Tab {...route} search={search('events')} {...exact}>
          Events ({info.events?.length ?? 0})
        </Tab>
        <Tab {...route} search={search('history')} {...exact}>
          History
        </Tab>
      </Tabs>
      <Body>
        {reasons.length > 0 && (
          <div id="refused">
            <Note tone="warn">
              <ul>
                {reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            </Note>
          </div>
        )}
        <Columns
          side={
            <>
              <Conversation review={review} earlier={earlier} about={about} known={known} />
              <TestAccount review={review} mine={mine} />
              <Facts review={review} />
            </>
          }
        >
          {tab === 'proof' ? (
            <Proof review={review} />
          ) : tab === 'listing' ? (
            <Listing
              review={review}
              earlier={earlier}
              commentOn={open ? (pointer) => commentOn(aboutField(pointer)) : undefined}
            />
          ) : tab === 'documentation' ? (
            <Documentation
              review={review}
              commentOn={open ? (pointer) => commentOn(aboutField(pointer)) : undefined}
            />
          ) : tab === 'events' ? (
            <Events
              info={info}
              commentOn={
                open ? (event) => commentOn({ part: 'functionality', target: `event:${event}` }) : undefined
              }
            />
          ) : tab === 'history' ? (
            <Rounds review={review} earlier={earlier} />
          ) : (
            <Parts review={review} known={known} />
          )}
        </Columns>
      </Body>
      <WordsDialog
        open={deciding === 'requestChanges'}
        onClose={() => setDeciding(undefined)}
        title={`Request changes of ${name}?`}
        label="Reason"
        hint="For the history, which the team reads too."
        optional
        action="Request changes"
        field="reason"
        run={(reason) => decide('requestChanges', reason)}
      >
        <p>
          The team can read your comments from then on, and is told by mail. It may edit and submit again.
        </p>
      </WordsDialog>
      <WordsDialog
        open={deciding === 'approve' || deciding === 'approvePrivateBeta'}
        onClose={() => setDeciding(undefined)}
        title={
          deciding === 'approvePrivateBeta'
            ? `Approve ${name} as a private beta?`
            : edit
              ? `Publish the edit of ${name}?`
              : `Approve ${name} as a beta?`
        }
        label="Reason"
        hint="For the history, which the team reads too."
        optional
        action={deciding === 'approvePrivateBeta' ? 'Approve' : edit ? 'Publish' : 'Approve'}
        field="reason"
        run={(reason) => decide(deciding ?? 'approve', reason)}
      >
        <p>
          {deciding === 'approvePrivateBeta'
            ? 'Whoever has the install link can add it. It is not listed.'
            : edit
              ? 'Customers read the new listing at once.'
              : 'It is listed in the catalog with a beta badge, and becomes public when the beta ends.'}{' '}
          What is published is what you reviewed and nothing else:{' '}
          <Mono>{submission.contentHash.slice(0, 12)}</Mono>.
        </p>
      </WordsDialog>
    </>
  )
}

function Facts({ review }: { review: Review }) {
  const { submission, slug, integrationId } = review
  return (
    <Section title="About this submission">
      <Pairs
        of={[
          [
            'Reviewers',
            review.reviewers.map(({ email }) => email).join(', ') ||
              (submission.status === 'open' ? 'nobody yet' : 'nobody was assigned'),
          ],
          ['Slug', <Id key="slug" value={slug} what="slug" whole />],
          ['Submission ID', <Id key="submission" value={submission.id} what="submission ID" />],
          ['Integration ID', <Id key="integration" value={integrationId} what="integration ID" />],
          ['Content hash', <Id key="hash" value={submission.contentHash} what="content hash" />],
          ['Decided', submission.decidedAt ? <Time key="decided" at={submission.decidedAt} /> : null],
        ]}
      />
      <div>
        <LinkButton to="/goto-my-workspace/sources/catalog/$slug" params={{ slug }} small>
          Open the listing in a workspace of yours
        </LinkButton>
      </div>
    </Section>
  )
}

function Rounds({ review, earlier }: { review: Review; earlier: Review[] }) {
  return (
    <>
      <Section title="Earlier rounds">
        {earlier.length === 0 ? (
          <p>This is the first.</p>
        ) : (
          <ul style={{ display: 'grid', gap: 8 }}>
            {earlier.map(({ submission }) => (
              <li key={submission.id}>
                <Link to="/platform/reviews/$id" params={{ id: submission.id }}>
                  Round {submission.number}
                </Link>{' '}
                <RoundBadge status={submission.status} />{' '}
                <Time at={submission.decidedAt ?? submission.submittedAt} />
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="History" sub="Every change of its state: who, when, why.">
        <History integrationId={review.integrationId} />
      </Section>
    </>
  )
}
