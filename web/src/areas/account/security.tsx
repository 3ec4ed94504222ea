import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, type Fault, read, type Shapes } from '../../api/client'
import { accountQuery } from '../../api/queries'
import { Badge } from '../../kit/badge'
import { Button } from '../../kit/button'
import { Copy, Id } from '../../kit/copy'
import { Confirm } from '../../kit/dialog'
import { Actions, Form, Summary, TextField } from '../../kit/fields'
import { plural } from '../../kit/figures'
import { failureFaults, useApiForm } from '../../kit/form'
import { Loaded } from '../../kit/loaded'
import { Body, Note, PageHead, Pairs, Panel, Section, useTitle } from '../../kit/page'
import { Time } from '../../kit/time'
import { toast } from '../../kit/toast'
import { useProof } from '../../shell/proof'
import { Qr } from './qr'
import css from './security.module.css'

/** Password, second factor. */
export function Security() {
  useTitle('Security')
  return (
    <>
      <PageHead title="Security" sub="What it takes to sign in as you." />
      <Body>
        <Password />
        <SecondFactor />
      </Body>
    </>
  )
}

function Password() {
  const proved = useProof()
  const client = useQueryClient()
  const account = useQuery(accountQuery).data
  const form = useApiForm({
    values: { password: '' },
    send: async (body) => {
      await proved(() => read(api.POST('/account/password', { body })))
      form.reset()
      await client.invalidateQueries({ queryKey: ['account'] })
      toast('Your password is changed, and your other sessions have ended')
    },
  })
  return (
    <Section
      title="Password"
      sub="A new password ends every session but this one. Personal tokens stay: revoke them where they may be known."
    >
      <Form onSubmit={form.submit}>
        <Summary faults={form.faults} />
        <input hidden type="text" autoComplete="username" value={account?.email ?? ''} readOnly />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          hint="At least 12 characters. A sentence that only you would say is good."
          error={form.errors.password?.message}
          {...form.register('password', { required: 'The new password is needed.' })}
        />
        <Actions>
          <Button type="submit" look="primary" busy={form.busy}>
            Change password
          </Button>
        </Actions>
      </Form>
    </Section>
  )
}

type Enrolment = Shapes['Enrolment']

function SecondFactor() {
  const proved = useProof()
  const client = useQueryClient()
  const [enrolment, setEnrolment] = useState<Enrolment>()
  const [codes, setCodes] = useState<string[]>()
  const [asked, setAsked] = useState<'renew' | 'disable'>()
  const [busy, setBusy] = useState(false)
  const [faults, setFaults] = useState<Fault[]>([])
  const factor = useQuery({
    queryKey: ['account', 'second-factor'],
    queryFn: async () => (await read(api.GET('/account/second-factor'))).secondFactor,
  })
  const refresh = () => client.invalidateQueries({ queryKey: ['account'] })
  const start = async () => {
    setBusy(true)
    setFaults([])
    try {
      setEnrolment((await proved(() => read(api.POST('/account/second-factor')))).enrolment)
      setCodes(undefined)
    } catch (error) {
      setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Section
      title="Second factor"
      sub="A code from an app on your phone, asked for after the password. Any app for time-based codes will do."
    >
      <Summary faults={faults} />
      {codes && <RecoveryCodes codes={codes} done={() => setCodes(undefined)} />}
      <Loaded query={factor} rows={1}>
        {({ enabled, enabledAt, recoveryCodesLeft }) => {
          if (enabled) {
            return (
              <>
                <Pairs
                  of={[
                    [
                      'State',
                      <Badge key="state" tone="ok" glyph="✓">
                        On
                      </Badge>,
                    ],
                    ['Since', <Time key="since" at={enabledAt} />],
                    [
                      'Recovery codes',
                      `${plural(recoveryCodesLeft, 'code')} left${
                        recoveryCodesLeft < 3 ? ': renew them before they run out' : ''
                      }`,
                    ],
                  ]}
                />
                <Actions>
                  <Button onClick={() => setAsked('renew')}>Renew recovery codes…</Button>
                  <Button look="danger" onClick={() => setAsked('disable')}>
                    Turn off…
                  </Button>
                </Actions>
              </>
            )
          }
          if (enrolment) {
            return (
              <Enrol
                enrolment={enrolment}
                cancel={() => setEnrolment(undefined)}
                confirmed={async (fresh) => {
                  setEnrolment(undefined)
                  setCodes(fresh)
                  await refresh()
                  toast('The second factor is on')
                }}
              />
            )
          }
          return (
            <>
              <Pairs
                of={[
                  [
                    'State',
                    <Badge key="state" glyph="○">
                      Off
                    </Badge>,
                  ],
                ]}
              />
              <Actions>
                <Button onClick={() => void start()} busy={busy}>
                  Set up
                </Button>
              </Actions>
            </>
          )
        }}
      </Loaded>
      <Confirm
        title="Renew the recovery codes?"
        open={asked === 'renew'}
        onClose={() => setAsked(undefined)}
        action="Renew"
        run={async () => {
          const answer = await proved(() => read(api.POST('/account/second-factor/recovery-codes')))
          setCodes(answer.recoveryCodes)
          await refresh()
        }}
      >
        <p>You get ten new ones. Those of before are worth nothing from then on.</p>
      </Confirm>
      <Confirm
        title="Turn the second factor off?"
        open={asked === 'disable'}
        onClose={() => setAsked(undefined)}
        action="Turn off"
        run={async () => {
          await proved(() => read(api.DELETE('/account/second-factor')))
          setCodes(undefined)
          await refresh()
          toast('The second factor is off')
        }}
      >
        <p>The password alone is enough from then on. Your recovery codes are worth nothing.</p>
      </Confirm>
    </Section>
  )
}

function Enrol({
  enrolment,
  confirmed,
  cancel,
}: {
  enrolment: Enrolment
  confirmed: (codes: string[]) => Promise<unknown>
  cancel: () => void
}) {
  const proved = useProof()
  const form = useApiForm({
    values: { code: '' },
    send: async ({ code }) => {
      const body = { code: code.replaceAll(' ', '') }
      const answer = await proved(() => read(api.POST('/account/second-factor/confirmation', { body })))
      await confirmed(answer.recoveryCodes)
    },
  })
  return (
    <Panel>
      <div className={css.enrol}>
        <Qr text={enrolment.url} label="QR code of the secret, for your app" />
        <Form onSubmit={form.submit}>
          <div className={css.steps}>
            <p>1. Scan this with your app, or type the secret into it.</p>
            <Id value={enrolment.secret} what="secret" whole />
            <p>2. Type the six digits that the app shows now.</p>
          </div>
          <Summary faults={form.faults} />
          <TextField
            label="Code"
            mono
            inputMode="numeric"
            autoComplete="one-time-code"
            error={form.errors.code?.message}
            {...form.register('code', { required: 'The six digits are needed.' })}
          />
          <Actions>
            <Button type="submit" busy={form.busy}>
              Turn on
            </Button>
            <Button onClick={cancel}>Cancel</Button>
          </Actions>
        </Form>
      </div>
    </Panel>
  )
}

function RecoveryCodes({ codes, done }: { codes: string[]; done: () => void }) {
  const text = `${codes.join('\n')}\n`
  return (
    <Note tone="warn">
      <div className={css.codes}>
        <strong>Keep these recovery codes</strong>
        <p>
          Each signs you in once when your phone is not at hand. They are shown this once and nowhere else.
        </p>
        <ol>
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ol>
        <Actions>
          <Copy text={text} what="recovery codes" />
          <Button small onClick={() => download('headwater-recovery-codes.txt', text)}>
            Download
          </Button>
          <Button small onClick={done}>
            I have kept them
          </Button>
        </Actions>
      </div>
    </Note>
  )
}

/** Gives a text as a file. */
function download(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
