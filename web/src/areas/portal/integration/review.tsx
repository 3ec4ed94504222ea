import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Confirm, Dialog } from '../../../kit/dialog'
import { Actions, Summary, TextArea } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { failureFaults } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { Body, Columns, Muted, Note, Panel, Section, useTitle } from '../../../kit/page'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import {
  checklistQuery,
  evidenceQuery,
  historyQuery,
  type Integration,
  integrationKey,
  integrationQuery,
  integrationsQuery,
  type Submission,
  submissionsQuery,
} from '../data'
import { openComments, openRound } from '../fields'
import css from '../portal.module.css'
import { Checklist } from './checklist'
import { Comments, PARTS } from './comments'
import { useDraft } from './draft-context'

const STATUS: Record<
  Submission['status'],
  { tone: 'accent' | 'sunk' | 'warn' | 'ok' | 'bad'; glyph: string; word: string }
> = {
  open: { tone: 'accent', glyph: '◔', word: 'In review' },
  withdrawn: { tone: 'sunk', glyph: '↩', word: 'Withdrawn' },
  changesRequested: { tone: 'warn', glyph: '◑', word: 'Changes requested' },
  approved: { tone: 'ok', glyph: '✓', word: 'Approved' },
  declined: { tone: 'bad', glyph: '✕', word: 'Declined' },
}

/** Rounds of review: checklist, submission, comments. */
export function ReviewRounds() {
  const { slug } = getRouteApi('/dev-portal/integrations/$slug').useParams()
  useTitle('Review', slug)
  const { integration } = useQuery(integrationQuery(slug)).data!
  const checklist = useQuery(checklistQuery(slug))
  const rounds = useQuery(submissionsQuery(slug))
  const open = rounds.data?.find(({ status }) => status === 'open')
  return (
    <Body>
      <Columns
        side={
          <Section
            title="Checklist"
            sub={checklist.data && `${checklist.data.done} of ${checklist.data.items.length} done.`}
          >
            <Loaded query={checklist} rows={8}>
              {({ items }) => <Checklist slug={slug} items={items} />}
            </Loaded>
          </Section>
        }
      >
        {rounds.data && checklist.data && (
          <Submit
            integration={integration}
            rounds={rounds.data}
            ready={checklist.data.ready}
            left={checklist.data.items.length - checklist.data.done}
          />
        )}
        <Section title="Rounds">
          <Loaded query={rounds}>
            {(all) =>
              all.length === 0 ? (
                <p>
                  <Muted>Nothing was submitted yet.</Muted>
                </p>
              ) : (
                all.map((round) => (
                  <Round key={round.id} slug={slug} round={round} current={round === open} />
                ))
              )
            }
          </Loaded>
        </Section>
      </Columns>
    </Body>
  )
}

function Submit({
  integration,
  rounds,
  ready,
  left,
}: {
  integration: Integration
  rounds: Submission[]
  ready: boolean
  left: number
}) {
  const { slug, status } = integration
  const client = useQueryClient()
  const { saving } = useDraft()
  const [asked, setAsked] = useState(false)
  const [withdraw, setWithdraw] = useState(false)
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [faults, setFaults] = useState<ReturnType<typeof failureFaults>>([])
  const open = rounds.find((round) => round.status === 'open')
  const back = openRound(status, rounds)
  const notes = openComments(back ?? rounds[0]).length
  const launched = !status.startsWith('PRIVATE')
  const params = { path: { integrationId: slug } }
  const changed = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: integrationKey(slug) }),
      client.invalidateQueries({ queryKey: integrationsQuery.queryKey }),
    ])
  if (status === 'UNAVAILABLE') return null
  if (open) {
    return (
      <>
        <Note>
          <span>
            Round {open.number} was submitted <Time at={open.submittedAt} />. Reviewers usually answer within
            two business days; you get a mail.
          </span>
          <Button small onClick={() => setWithdraw(true)}>
            Withdraw
          </Button>
        </Note>
        <Confirm
          title="Withdraw the submission?"
          open={withdraw}
          onClose={() => setWithdraw(false)}
          action="Withdraw"
          run={async () => {
            await read(
              api.POST('/integrations/{integrationId}/submissions/current/withdraw', {
                params,
                body: { reason },
              }),
            )
            await changed()
            setReason('')
            toast('Withdrawn; it can be edited again')
          }}
        >
          <div className={css.fieldset}>
            <p>
              It leaves the reviewers' queue, and what they wrote so far is not sent. You can submit again.
            </p>
            <TextArea
              label="Why"
              optional
              rows={2}
              style={{ minBlockSize: 60 }}
              value={reason}
              hint="For the history."
              onChange={(event) => setReason(event.target.value)}
            />
          </div>
        </Confirm>
      </>
    )
  }
  const { publishedAt, updatedAt } = integration
  const untouched = !!publishedAt && updatedAt <= publishedAt
  const blocked =
    saving === 'waiting' || saving === 'saving'
      ? 'A change is being saved.'
      : saving !== 'saved'
        ? 'A change is not saved yet; mend it first.'
        : untouched
          ? 'Nothing was changed since it was published.'
          : !ready
            ? `${plural(left, 'line')} of the checklist ${left === 1 ? 'is' : 'are'} not done.`
            : notes > 0
              ? `${plural(notes, 'note')} of the review ${notes === 1 ? 'is' : 'are'} not resolved.`
              : null
  const again = back !== undefined
  const title = again
    ? 'Resubmit for review'
    : launched
      ? 'Submit the changes for review'
      : 'Submit for review'
  const send = async () => {
    setBusy(true)
    setFaults([])
    try {
      const { etag } = await client.fetchQuery({ ...integrationQuery(slug), staleTime: 0 })
      const { submission } = await read(
        api.POST('/integrations/{integrationId}/submissions', {
          params: { ...params, header: { 'If-Match': etag } },
        }),
      )
      await changed()
      setAsked(false)
      toast(`Round ${submission.number} is with the reviewers`)
    } catch (error) {
      setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <Panel>
        <div className={css.group}>
          <h2>{title}</h2>
          <p>
            {again
              ? 'The reviewers see what changed since the round before, and which notes were resolved.'
              : launched
                ? 'What customers read stays as it is until the reviewers approve your edit.'
                : 'Reviewers use your test account, and look at how it works, its listing and its documentation.'}
          </p>
          <Actions>
            <Button
              look="primary"
              disabled={blocked !== null}
              aria-describedby={blocked ? 'why-not' : undefined}
              onClick={() => setAsked(true)}
            >
              {again ? 'Resubmit…' : 'Submit for review…'}
            </Button>
            {blocked && (
              <span id="why-not" className={css.hint}>
                {blocked}
              </span>
            )}
          </Actions>
        </div>
      </Panel>
      <Dialog title={`${title}?`} open={asked} onClose={() => setAsked(false)}>
        <p>
          The catalog info, the declared events, the documentation and the setup fields are frozen as they are
          now: reviewers judge exactly that, and exactly that becomes public.
        </p>
        <p>
          {launched
            ? 'Customers keep reading the published version meanwhile.'
            : 'You can withdraw it at any time before they decide.'}
        </p>
        <Summary faults={faults} />
        <Actions>
          <Button look="primary" busy={busy} onClick={() => void send()}>
            Submit
          </Button>
          <Button onClick={() => setAsked(false)}>Cancel</Button>
        </Actions>
      </Dialog>
    </>
  )
}

function Round({ slug, round, current }: { slug: string; round: Submission; current: boolean }) {
  const history = useQuery(historyQuery(slug)).data
  const { tone, glyph, word } = STATUS[round.status]
  const comments = round.comments.filter(({ audience }) => audience === 'builder')
  // The decision is a step of the history, made at the same moment.
  const { decidedAt } = round
  const decision = decidedAt
    ? history?.find((entry) => Math.abs(+new Date(entry.at) - +new Date(decidedAt)) < 2_000)
    : undefined
  return (
    <section className={css.group}>
      <div className={css.inline}>
        <h3>
          Round {round.number}
          {round.purpose === 'edit' && ', an edit'}
        </h3>
        <Badge tone={tone} glyph={glyph}>
          {word}
        </Badge>
        <Muted>
          submitted <Time at={round.submittedAt} />
          {round.decidedAt && (
            <>
              , {round.status === 'withdrawn' ? 'withdrawn' : 'decided'} <Time at={round.decidedAt} />
            </>
          )}
        </Muted>
      </div>
      {decision?.reason && (
        <Note tone={round.status === 'approved' ? 'ok' : round.status === 'withdrawn' ? undefined : 'warn'}>
          <span style={{ whiteSpace: 'pre-wrap' }}>{decision.reason}</span>
        </Note>
      )}
      {!current && round.status !== 'withdrawn' && (
        <div className={css.inline}>
          {round.parts.map(({ part, verdict, openComments }) => (
            <span key={part}>
              {PARTS[part]}{' '}
              <Badge
                tone={verdict === 'passed' ? 'ok' : verdict === 'changes' ? 'warn' : 'sunk'}
                glyph={verdict === 'passed' ? '✓' : verdict === 'changes' ? '!' : '○'}
              >
                {verdict === 'passed'
                  ? 'passed'
                  : verdict === 'changes'
                    ? openComments > 0
                      ? `changes, ${openComments} open`
                      : 'changes'
                    : 'not judged'}
              </Badge>
            </span>
          ))}
        </div>
      )}
      {round.purpose !== 'edit' && <Proof slug={slug} round={round} />}
      {comments.length > 0 && <Comments slug={slug} comments={comments} />}
    </section>
  )
}

/** What the checks found when it was submitted, and the documents that prove it. */
function Proof({ slug, round }: { slug: string; round: Submission }) {
  const evidence = useQuery(evidenceQuery(slug, round.id)).data
  if (!evidence) return null
  const { report, hash } = evidence
  const at = `/api/integrations/${slug}/submissions/${encodeURIComponent(round.id)}`
  return (
    <div className={css.inline}>
      <span>
        Checked on {plural(report.seen.messages, 'message')}: score <strong>{report.score}</strong> of 100
      </span>
      <Muted>
        evidence <code title={hash}>{hash.slice(0, 12)}</code>
      </Muted>
      <a href={`${at}/certificate`} download={`${slug}-certificate.json`}>
        Certificate
      </a>
      <a href={`${at}/evidence/messages`} download>
        Messages
      </a>
    </div>
  )
}
