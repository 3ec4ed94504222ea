import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, type Fault, read, type Shapes } from '../../api/client'
import { Badge } from '../../kit/badge'
import { Button } from '../../kit/button'
import { Copy, Id } from '../../kit/copy'
import { Confirm } from '../../kit/dialog'
import { Actions, Check, Summary, TextField } from '../../kit/fields'
import { failureFaults } from '../../kit/form'
import { Loaded } from '../../kit/loaded'
import { Body, Columns, Muted, Note, PageHead, Pairs, Panel, Section, useTitle } from '../../kit/page'
import { toastRefusal } from '../../kit/refusal'
import { Spoken } from '../../kit/spoken'
import { Time } from '../../kit/time'
import { toast } from '../../kit/toast'
import css from './application.module.css'
import { CompanyAddress } from './applications'
import { CRITERIA, ticks, whyNotApprove } from './criteria'
import { applicationQuery, applicationsQuery, STANDINGS } from './queries'
import { StandingBadge } from './standing'
import { WordsDialog } from './words'

type Application = Shapes['ApplicationView']

/** One application, to be decided. */
export function ApplicationPage() {
  const { id } = getRouteApi('/platform/applications/$id').useParams()
  const application = useQuery(applicationQuery(id))
  useTitle(application.data?.answers.companyName ?? 'Application', 'Applications')
  return (
    <Loaded query={application} rows={6}>
      {(found) => <Decide application={found} key={found.id} />}
    </Loaded>
  )
}

function Decide({ application }: { application: Application }) {
  const { id, answers, allowed, operator } = application
  const client = useQueryClient()
  const [criteria, setCriteria] = useState(() => ticks(operator?.criteria ?? []))
  const [faults, setFaults] = useState<Fault[]>([])
  const [busy, setBusy] = useState(false)
  const [asking, setAsking] = useState<'ask' | 'decline'>()
  const undecided = allowed.includes('approve')
  const refused = undecided ? whyNotApprove(criteria) : undefined

  const step = async (body: Shapes['OperatorStep']) => {
    const answer = await read(
      api.POST('/operator/applications/{applicationId}/steps', {
        params: { path: { applicationId: id } },
        body,
      }),
    )
    client.setQueryData(applicationQuery(id).queryKey, answer.application)
    await client.invalidateQueries({ queryKey: ['operator', 'applications'] })
  }
  const approve = async () => {
    setBusy(true)
    setFaults([])
    try {
      await step({ step: 'approve', note: '', criteria })
      toast(`${answers.companyName} is approved, and the invitation is on its way`)
    } catch (error) {
      setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <PageHead
        title={answers.companyName}
        badge={<StandingBadge status={application.status} />}
        sub={
          <>
            Sent <Time at={application.submittedAt} />
            {application.decidedAt && (
              <>
                , decided <Time at={application.decidedAt} />
              </>
            )}
            . About one business day is promised.
          </>
        }
      >
        {allowed.includes('decline') && <Button onClick={() => setAsking('decline')}>Decline…</Button>}
        {allowed.includes('ask') && <Button onClick={() => setAsking('ask')}>Ask…</Button>}
        {undecided && (
          <Button
            look="primary"
            busy={busy}
            disabled={!!refused}
            aria-describedby={refused ? 'refused' : undefined}
            onClick={() => void approve()}
          >
            Approve and invite
          </Button>
        )}
      </PageHead>
      <Body>
        <Summary faults={faults} />
        {refused && (
          <div id="refused">
            <Note tone="warn">{refused}</Note>
          </div>
        )}
        {application.status === 'question' && (
          <Note>You have asked. It can be approved once the company has answered.</Note>
        )}
        <Columns
          side={
            <>
              <Facts application={application} />
              <Invitation application={application} />
              <Others application={application} />
            </>
          }
        >
          <Answers application={application} />
          <Section
            title="Criteria"
            sub={
              undecided
                ? 'Tick what holds, and note how you know. Notes stay among operators.'
                : application.decidedAt
                  ? 'As they were when it was decided.'
                  : 'They are ticked once the company has answered.'
            }
          >
            <Panel>
              <div className={css.criteria}>
                {CRITERIA.map(({ criterion, label, hint }, at) => {
                  const tick = criteria[at]!
                  const change = (part: Partial<typeof tick>) =>
                    setCriteria(criteria.map((each, place) => (place === at ? { ...each, ...part } : each)))
                  return (
                    <div key={criterion} className={css.criterion}>
                      <Check
                        label={label}
                        hint={hint}
                        checked={tick.met}
                        disabled={!undecided}
                        onChange={(event) => change({ met: event.target.checked })}
                      />
                      <TextField
                        label={<Spoken>Note on: {label}</Spoken>}
                        placeholder={undecided ? 'How you know' : 'No note'}
                        value={tick.note}
                        readOnly={!undecided}
                        maxLength={2000}
                        onChange={(event) => change({ note: event.target.value })}
                      />
                    </div>
                  )
                })}
              </div>
            </Panel>
          </Section>
          <History application={application} />
        </Columns>
      </Body>
      <WordsDialog
        open={asking === 'ask'}
        onClose={() => setAsking(undefined)}
        title={`Ask ${answers.companyName}`}
        label="Your question"
        hint="It is mailed to them, and stands on their application's page, where they answer."
        action="Ask"
        field="note"
        run={async (note) => {
          await step({ step: 'ask', note })
          toast('Your question is on its way')
        }}
      />
      <WordsDialog
        open={asking === 'decline'}
        onClose={() => setAsking(undefined)}
        title={`Decline ${answers.companyName}?`}
        label="Reason"
        hint="They read it, word for word."
        action="Decline"
        danger
        field="note"
        run={async (note) => {
          await step({ step: 'decline', note })
          toast('Declined, and the applicant is told')
        }}
      >
        <p>The application is closed with it.</p>
      </WordsDialog>
    </>
  )
}

function Answers({ application: { answers } }: { application: Application }) {
  const form = useQuery({
    queryKey: ['applications', 'form'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => read(api.GET('/applications/form')),
  })
  const values = answers as Record<string, string | undefined>
  return (
    <Section title="Answers">
      <Loaded query={form} rows={4}>
        {({ questions }) => (
          <Panel>
            <dl className={css.answers}>
              {questions
                .filter(({ key }) => values[key])
                .map(({ key, text }) => (
                  <div key={key}>
                    <dt>{text}</dt>
                    <dd>{values[key]}</dd>
                  </div>
                ))}
            </dl>
          </Panel>
        )}
      </Loaded>
    </Section>
  )
}

function Facts({ application: { id, answers, operator } }: { application: Application }) {
  return (
    <Section title="Company">
      <Pairs
        of={[
          [
            'Website',
            answers.companyWebsite && /^https?:\/\//.test(answers.companyWebsite) ? (
              <a key="website" href={answers.companyWebsite} rel="noreferrer nofollow" target="_blank">
                {answers.companyWebsite}
              </a>
            ) : (
              answers.companyWebsite
            ),
          ],
          [
            'Address',
            <span key="address" className={css.stack}>
              <span>
                {answers.email} {answers.email && <Copy text={answers.email} what="address" />}
              </span>
              {operator && <CompanyAddress at={operator.emailAtCompany} />}
            </span>,
          ],
          ['Account', operator?.accountEmail === answers.email ? 'the same address' : operator?.accountEmail],
          ['Partner agreement', answers.partnerAgreement],
          ['Privacy policy', answers.privacyPolicy],
          ['Application ID', <Id key="id" value={id} what="application ID" />],
          [
            'Partner ID',
            operator?.partnerId ? <Id key="partner" value={operator.partnerId} what="partner ID" /> : null,
          ],
        ]}
      />
    </Section>
  )
}

const INVITATIONS: Record<string, { tone: 'ok' | 'accent' | 'warn' | 'sunk'; glyph: string; word: string }> =
  {
    pending: { tone: 'accent', glyph: '◔', word: 'Pending' },
    accepted: { tone: 'ok', glyph: '✓', word: 'Accepted' },
    expired: { tone: 'warn', glyph: '!', word: 'Expired' },
    revoked: { tone: 'sunk', glyph: '✕', word: 'Revoked' },
  }

/** The invitation into the Developer Portal that an approval mails. */
function Invitation({ application }: { application: Application }) {
  const client = useQueryClient()
  const [revoking, setRevoking] = useState(false)
  const [busy, setBusy] = useState(false)
  const state = application.operator?.invitation ?? 'none'
  const shown = INVITATIONS[state]
  if (!shown) return null
  const params = { path: { applicationId: application.id } }
  const refresh = () => client.invalidateQueries({ queryKey: ['operator', 'applications'] })
  return (
    <Section title="Invitation">
      <Pairs
        of={[
          [
            'State',
            <Badge key="state" tone={shown.tone} glyph={shown.glyph}>
              {shown.word}
            </Badge>,
          ],
          ['To', application.operator?.accountEmail],
        ]}
      />
      {state !== 'accepted' && (
        <Actions>
          <Button
            small
            busy={busy}
            onClick={async () => {
              setBusy(true)
              try {
                await read(api.POST('/operator/applications/{applicationId}/invitation', { params }))
                await refresh()
                toast('A new invitation is on its way; the link of before is worth nothing')
              } catch (error) {
                toastRefusal(error)
              } finally {
                setBusy(false)
              }
            }}
          >
            Send again
          </Button>
          {state === 'pending' && (
            <Button small onClick={() => setRevoking(true)}>
              Revoke…
            </Button>
          )}
        </Actions>
      )}
      <Confirm
        title="Revoke the invitation?"
        open={revoking}
        onClose={() => setRevoking(false)}
        action="Revoke"
        run={async () => {
          await read(api.DELETE('/operator/applications/{applicationId}/invitation', { params }))
          await refresh()
          toast('The invitation is revoked')
        }}
      >
        <p>The link that was mailed opens nothing from then on. You can send a new one.</p>
      </Confirm>
    </Section>
  )
}

/** Other applications of the same company or account: it may have been here before. */
function Others({ application }: { application: Application }) {
  const all = useQuery(applicationsQuery([...STANDINGS.open!.statuses, ...STANDINGS.decided!.statuses])).data
  const same = (all ?? []).filter((other) => other.id !== application.id && alike(other, application))
  if (same.length === 0) return null
  return (
    <Section title="Looks like the same company">
      <ul className={css.stack}>
        {same.map((other) => (
          <li key={other.id}>
            <Link to="/platform/applications/$id" params={{ id: other.id }}>
              {other.answers.companyName}
            </Link>{' '}
            <StandingBadge status={other.status} />{' '}
            <Muted>
              <Time at={other.submittedAt} />
            </Muted>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** Whether two applications are of one account, one name or one website. */
function alike(a: Application, b: Application): boolean {
  const host = (address = '') =>
    address
      .replace(/^https?:\/\/(www\.)?/, '')
      .split('/')[0]!
      .toLowerCase()
  const name = (text = '') => text.trim().toLowerCase()
  return (
    a.operator?.accountEmail === b.operator?.accountEmail ||
    name(a.answers.companyName) === name(b.answers.companyName) ||
    host(a.answers.companyWebsite) === host(b.answers.companyWebsite)
  )
}

const STEPS: Record<string, string> = {
  submit: 'The company applied',
  ask: 'An operator asked',
  answer: 'The company answered',
  approve: 'Approved',
  decline: 'Declined',
  withdraw: 'The company withdrew it',
}

function History({ application: { steps } }: { application: Application }) {
  return (
    <Section title="History">
      <ol className={css.history}>
        {steps.map(({ at, step, note }) => (
          <li key={`${at} ${step}`}>
            <strong>{STEPS[step] ?? step}</strong>{' '}
            <Muted>
              <Time at={at} />
            </Muted>
            {note && <p>{note}</p>}
          </li>
        ))}
      </ol>
    </Section>
  )
}
