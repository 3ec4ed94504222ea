import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { api, read, type Shapes } from '../../api/client'
import { accountQuery, partnerQuery } from '../../api/queries'
import { Badge } from '../../kit/badge'
import { Button, LinkButton } from '../../kit/button'
import { Confirm } from '../../kit/dialog'
import { Actions, Check, Form, Summary, TextArea, TextField } from '../../kit/fields'
import { useApiForm } from '../../kit/form'
import { Loaded, Skeleton } from '../../kit/loaded'
import { useTitle } from '../../kit/page'
import { Spoken } from '../../kit/spoken'
import { Time } from '../../kit/time'
import { toast } from '../../kit/toast'
import css from '../portal/portal.module.css'
import { STEPS } from '../portal/steps'
import { Unverified } from './unverified'

type View = Shapes['ApplicationView']
type Answers = Pick<
  Shapes['Application'],
  'companyName' | 'companyWebsite' | 'dataIn' | 'dataOut' | 'usedFor' | 'heardFrom' | 'email'
>

const mineQuery = {
  queryKey: ['portal', 'applications'],
  queryFn: async () => {
    const { applications } = await read(api.GET('/applications/mine'))
    return applications.toSorted((one, other) => other.submittedAt.localeCompare(one.submittedAt))
  },
}
const formQuery = {
  queryKey: ['portal', 'application-form'],
  queryFn: () => read(api.GET('/applications/form')),
}

/** The application to the partner programme: its form, and once it is sent, how it stands. */
export function PartnerApplication() {
  const account = useQuery(accountQuery)
  const mine = useQuery({ ...mineQuery, enabled: !!account.data })
  const partner = useQuery({ ...partnerQuery, enabled: !!account.data })
  const [again, setAgain] = useState(false)
  if (account.isPending) return <Skeleton rows={8} />
  if (!account.data) return <Navigate to="/signup" search={{ next: '/partner/application' }} replace />
  return (
    <Loaded query={mine} rows={8}>
      {(all) => {
        const last = all[0]
        const over = last?.status === 'declined' || last?.status === 'withdrawn'
        return last && !(over && again) ? (
          <StatusPage application={last} partner={!!partner.data} onAgain={() => setAgain(true)} />
        ) : partner.data ? (
          <Navigate to="/dev-portal/integrations" search={{}} replace />
        ) : (
          <Apply
            account={account.data!}
            before={last?.answers}
            onSent={() => {
              setAgain(false)
            }}
          />
        )
      }}
    </Loaded>
  )
}

const KEPT = 'headwater.application'
/** What was typed before, in this browser and by this account. */
function kept(account: string): Partial<Answers> | undefined {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? '')
    return found.account === account ? found.answers : undefined
  } catch {
    return undefined
  }
}

function Apply({
  account,
  before,
  onSent,
}: {
  account: { id: string; email: string; emailVerified: boolean }
  before: Shapes['Application'] | undefined
  onSent: () => void
}) {
  useTitle('Become a partner')
  const client = useQueryClient()
  const questions = useQuery(formQuery)
  const [agreed, setAgreed] = useState({ partnerAgreement: false, privacyPolicy: false })
  const form = useApiForm({
    values: {
      companyName: '',
      companyWebsite: '',
      dataIn: '',
      dataOut: '',
      usedFor: '',
      heardFrom: '',
      email: account.email,
      ...pick(before),
      ...kept(account.id),
      partnerAgreement: '',
      privacyPolicy: '',
    },
    send: async (answers) => {
      const versions = questions.data!
      await read(
        api.POST('/applications', {
          body: {
            ...answers,
            partnerAgreement: agreed.partnerAgreement ? versions.partnerAgreement : '',
            privacyPolicy: agreed.privacyPolicy ? versions.privacyPolicy : '',
          },
        }),
      )
      localStorage.removeItem(KEPT)
      await client.invalidateQueries({ queryKey: mineQuery.queryKey })
      toast('Your application is sent')
      onSent()
    },
  })
  useEffect(() => {
    const { unsubscribe } = form.watch((values) => {
      localStorage.setItem(KEPT, JSON.stringify({ account: account.id, answers: pick(values as Answers) }))
    })
    return unsubscribe
  }, [form.watch, account.id])
  const key = (name: string) => name as keyof Answers
  const agree = (name: keyof typeof agreed) => ({
    checked: agreed[name],
    error: form.errors[name]?.message,
    onChange: (event: { target: { checked: boolean } }) => {
      setAgreed({ ...agreed, [name]: event.target.checked })
      form.clearErrors(name)
    },
  })
  return (
    <Frame
      title="Become a partner"
      lead="Takes about five minutes. What you type is kept in this browser until you send it."
    >
      <section>
        <Unverified />
        <Loaded query={questions} rows={8}>
          {({ questions, partnerAgreement, privacyPolicy }) => (
            <Form onSubmit={form.submit}>
              <Summary faults={form.faults} />
              {questions.map(({ key: name, text, help }) =>
                LINES.has(name) ? (
                  <TextField
                    key={name}
                    label={text}
                    // A fault says the same in its own words.
                    hint={form.errors[key(name)] ? undefined : help}
                    type={name === 'companyWebsite' ? 'url' : 'text'}
                    autoComplete={name === 'companyName' ? 'organization' : 'off'}
                    placeholder={name === 'companyWebsite' ? 'https://' : undefined}
                    error={form.errors[key(name)]?.message}
                    {...form.register(key(name))}
                  />
                ) : (
                  <TextArea
                    key={name}
                    label={text}
                    // A fault says the same in its own words.
                    hint={form.errors[key(name)] ? undefined : help}
                    rows={4}
                    error={form.errors[key(name)]?.message}
                    {...form.register(key(name))}
                  />
                ),
              )}
              <TextField
                label="E-mail"
                type="email"
                autoComplete="email"
                hint="Where we answer. An address at your company's domain is expected."
                error={form.errors.email?.message}
                {...form.register('email')}
              />
              <Check
                label={
                  <>
                    I accept the partner agreement, version <code>{partnerAgreement}</code>
                  </>
                }
                hint="You maintain what you build, support its users, keep their data safe, and follow the spec."
                {...agree('partnerAgreement')}
              />
              <Check
                label={
                  <>
                    I accept the privacy policy, version <code>{privacyPolicy}</code>
                  </>
                }
                hint="Your answers are read by the operators of this installation, to decide on your application."
                {...agree('privacyPolicy')}
              />
              <Actions>
                <Button type="submit" look="primary" busy={form.busy}>
                  Send application
                </Button>
              </Actions>
            </Form>
          )}
        </Loaded>
      </section>
      <aside>
        <section className={css.group}>
          <h2>What happens next</h2>
          <Steps now={0} />
        </section>
        <section className={css.group}>
          <h2>What we check</h2>
          <ul className={css.bullets}>
            <li>a real company and product</li>
            <li>data that people expect from it</li>
            <li>that you can support it</li>
          </ul>
        </section>
      </aside>
    </Frame>
  )
}

/** Questions with a short answer. */
const LINES = new Set(['companyName', 'companyWebsite', 'heardFrom'])

function pick(from: Partial<Shapes['Application']> | undefined): Partial<Answers> {
  if (!from) return {}
  const { partnerAgreement: _, privacyPolicy: __, ...answers } = from
  return Object.fromEntries(Object.entries(answers).filter(([, value]) => value))
}

function Frame({
  title,
  badge,
  lead,
  children,
}: {
  title: string
  badge?: ReactNode
  lead: ReactNode
  children: ReactNode
}) {
  return (
    <div className={css.page}>
      <header>
        <h1>{title}</h1>
        {badge}
        <p className={css.lead}>{lead}</p>
      </header>
      <div className={css.two}>{children}</div>
    </div>
  )
}

function Steps({ now }: { now: number }) {
  return (
    <ol className={css.steps}>
      {STEPS.map(({ title, text }, at) => (
        <li key={title} data-done={at < now ? 'yes' : at === now ? 'now' : 'no'}>
          <strong>
            {title}
            {at < now && <Spoken> (done)</Spoken>}
          </strong>
          <span>{text}</span>
        </li>
      ))}
    </ol>
  )
}

const STATUS: Record<
  View['status'],
  { tone: 'accent' | 'warn' | 'ok' | 'bad' | 'sunk'; glyph: string; next: string }
> = {
  submitted: {
    tone: 'accent',
    glyph: '◔',
    next: 'An operator reads it, usually within one business day. You get a mail, and see the answer here.',
  },
  question: {
    tone: 'warn',
    glyph: '◑',
    next: 'There is a question for you. Answer it below, and it is read again.',
  },
  answered: { tone: 'accent', glyph: '◔', next: 'Your answer is with the operators. You get a mail.' },
  approved: {
    tone: 'ok',
    glyph: '✓',
    next: 'You are in. Open the link in the mail that we sent you to enter the Developer Portal.',
  },
  declined: { tone: 'bad', glyph: '✕', next: 'It was declined, for the reason below. You may apply again.' },
  withdrawn: { tone: 'sunk', glyph: '↩', next: 'You took it back. You may apply again.' },
}
const WORDS: Record<string, string> = {
  submit: 'You applied',
  ask: 'The operators asked',
  answer: 'You answered',
  approve: 'Approved',
  decline: 'Declined',
  withdraw: 'You withdrew it',
}

function StatusPage({
  application,
  partner,
  onAgain,
}: {
  application: View
  partner: boolean
  onAgain: () => void
}) {
  useTitle('Your application')
  const client = useQueryClient()
  const [withdraw, setWithdraw] = useState(false)
  const { tone, glyph, next } = STATUS[application.status]
  const step = async (body: Shapes['ApplicantStep']) => {
    await read(api.POST('/applications/mine/steps', { body }))
    await client.invalidateQueries({ queryKey: mineQuery.queryKey })
  }
  const form = useApiForm({
    values: { note: '' },
    send: async ({ note }) => {
      await step({ step: 'answer', note })
      toast('Your answer is sent')
    },
  })
  const { answers } = application
  const approved = application.status === 'approved'
  const over = application.status === 'declined' || application.status === 'withdrawn'
  return (
    <Frame
      title="Your application"
      badge={
        <Badge tone={tone} glyph={glyph}>
          {application.statusLabel}
        </Badge>
      }
      lead={partner && approved ? 'You are in: the Developer Portal is open to you.' : next}
    >
      <div>
        {approved && partner && (
          <Actions>
            <LinkButton to="/dev-portal/integrations" search={{}} look="primary">
              Open the Developer Portal
            </LinkButton>
          </Actions>
        )}
        {application.allowed.includes('answer') && (
          <Form onSubmit={form.submit}>
            <Summary faults={form.faults} />
            <TextArea
              label="Your answer"
              rows={5}
              hint={application.steps.findLast((each) => each.step === 'ask')?.note}
              error={form.errors.note?.message}
              {...form.register('note', { required: 'An answer is needed.' })}
            />
            <Actions>
              <Button type="submit" look="primary" busy={form.busy}>
                Send answer
              </Button>
            </Actions>
          </Form>
        )}
        {over && (
          <Actions>
            <Button look="primary" onClick={onAgain}>
              Apply again
            </Button>
          </Actions>
        )}
        <section className={css.group}>
          <h2>What was said</h2>
          <ol className={css.timeline}>
            {application.steps.toReversed().map(({ at, step, note }) => (
              <li key={`${at} ${step}`}>
                <header>
                  <strong>{WORDS[step] ?? step}</strong>
                  <span className={css.hint}>
                    <Time at={at} />
                  </span>
                </header>
                {note && <p>{note}</p>}
              </li>
            ))}
          </ol>
        </section>
        <Given answers={answers} />
        {application.allowed.includes('withdraw') && (
          <Actions>
            <Button look="danger" onClick={() => setWithdraw(true)}>
              Withdraw application
            </Button>
          </Actions>
        )}
        <Confirm
          title="Withdraw your application?"
          open={withdraw}
          onClose={() => setWithdraw(false)}
          action="Withdraw application"
          run={async () => {
            await step({ step: 'withdraw', note: '' })
            toast('Your application is withdrawn')
          }}
        >
          <p>Nobody decides on it any more. You may apply again, and your answers are kept for it.</p>
        </Confirm>
      </div>
      <aside>
        <section className={css.group}>
          <h2>What happens next</h2>
          <Steps now={approved ? 1 : 0} />
        </section>
      </aside>
    </Frame>
  )
}

function Given({ answers }: { answers: Shapes['Application'] }) {
  const questions = useQuery(formQuery).data?.questions
  if (!questions) return null
  return (
    <section className={css.group}>
      <h2>Your answers</h2>
      <dl className={css.answer}>
        {questions.map(({ key, text }) => (
          <div key={key}>
            <dt>{text}</dt>
            <dd>{answers[key as keyof Answers]}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
