import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { ApiFailure, api, type Fault, read } from '../../api/client'
import { accountQuery, workspacesQuery } from '../../api/queries'
import { Button } from '../../kit/button'
import { Actions, Form, Summary, TextField } from '../../kit/fields'
import { failureFaults, useApiForm } from '../../kit/form'
import { Note } from '../../kit/page'
import { toast } from '../../kit/toast'
import { safeNext } from '../../shell/guard'
import { Card } from '../../shell/public'

const PASSWORD_HINT = 'At least 12 characters. A sentence that only you would say is good.'

/** Forgets what was known of whoever was here before, and goes on. */
function useEnter() {
  const client = useQueryClient()
  const router = useRouter()
  return async (next: string) => {
    client.clear()
    await client.fetchQuery(accountQuery)
    router.history.push(next)
  }
}

/** Sign in, with the second factor's code once it is asked for. */
export function LogIn() {
  const { next, email } = getRouteApi('/public/login').useSearch()
  const enter = useEnter()
  const [codeNeeded, setCodeNeeded] = useState(false)
  const form = useApiForm({
    values: { email: email ?? '', password: '', code: '' },
    send: async ({ email, password, code }) => {
      try {
        await read(api.POST('/sessions', { body: { email, password, code: code || null } }))
      } catch (error) {
        if (error instanceof ApiFailure && error.has('code_needed') && !codeNeeded) return setCodeNeeded(true)
        throw error
      }
      await enter(safeNext(next))
    },
  })
  return (
    <Card title="Sign in">
      <Form onSubmit={form.submit}>
        <Summary faults={form.faults} />
        <TextField
          label="E-mail"
          type="email"
          autoComplete="username"
          error={form.errors.email?.message}
          {...form.register('email', { required: 'Your e-mail address is needed.' })}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          error={form.errors.password?.message}
          {...form.register('password', { required: 'Your password is needed.' })}
        />
        {codeNeeded && (
          <TextField
            label="Code of your second factor"
            hint="Six digits from your app, or one of your recovery codes."
            autoComplete="one-time-code"
            autoFocus
            mono
            error={form.errors.code?.message}
            {...form.register('code')}
          />
        )}
        <Actions>
          <Button type="submit" look="primary" busy={form.busy}>
            Sign in
          </Button>
          <Link to="/forgot-password" search={{ email: form.watch('email') || undefined }}>
            Forgot your password?
          </Link>
        </Actions>
      </Form>
      <p>
        New here?{' '}
        <Link to="/signup" search={{ next }}>
          Create an account
        </Link>
      </p>
    </Card>
  )
}

/** A new account. Afterwards one is signed in, and asked to look at the mail. */
export function SignUp() {
  const { next, email } = getRouteApi('/public/signup').useSearch()
  return (
    <Card title="Create an account">
      <SignUpForm
        email={email}
        next={next ? `/verify-email?next=${encodeURIComponent(next)}` : '/verify-email'}
      />
      <p>
        You have one already?{' '}
        <Link to="/login" search={{ next }}>
          Sign in
        </Link>
      </p>
    </Card>
  )
}

function SignUpForm({
  next,
  email,
  operatorToken,
}: {
  next: string
  email?: string
  operatorToken?: string
}) {
  const enter = useEnter()
  const [sent, setSent] = useState(false)
  const form = useApiForm({
    values: { name: '', email: email ?? '', password: '' },
    send: async (values) => {
      await read(api.POST('/accounts', { body: { ...values, operatorToken: operatorToken ?? null } }))
      try {
        const { email, password } = values
        await read(api.POST('/sessions', { body: { email, password } }))
      } catch {
        // The address has an account with another password; only its mail may say so.
        return setSent(true)
      }
      await enter(next)
    },
  })
  if (sent) return <Note tone="ok">We have sent you a mail. It says how to go on.</Note>
  return (
    <Form onSubmit={form.submit}>
      <Summary faults={form.faults} />
      <TextField
        label="Your name"
        autoComplete="name"
        error={form.errors.name?.message}
        {...form.register('name')}
      />
      <TextField
        label="E-mail"
        type="email"
        autoComplete="username"
        hint="Use your own address at work, not a shared one."
        error={form.errors.email?.message}
        {...form.register('email', { required: 'Your e-mail address is needed.' })}
      />
      <TextField
        label="Password"
        type="password"
        autoComplete="new-password"
        hint={PASSWORD_HINT}
        error={form.errors.password?.message}
        {...form.register('password', { required: 'A password is needed.' })}
      />
      <Actions>
        <Button type="submit" look="primary" busy={form.busy}>
          Create account
        </Button>
      </Actions>
    </Form>
  )
}

/** The link that the server prints while it has no operator. */
export function Operator() {
  const { token } = getRouteApi('/public/operator').useSearch()
  const account = useQuery(accountQuery)
  const client = useQueryClient()
  const navigate = useNavigate()
  const [faults, setFaults] = useState<Fault[]>([])
  if (account.isPending) return null
  if (account.data) {
    const { email } = account.data
    const claim = async () => {
      try {
        await read(api.POST('/operator/claim', { body: { token } }))
        await client.invalidateQueries({ queryKey: ['account'] })
        await navigate({ to: '/platform/applications' })
      } catch (error) {
        setFaults(failureFaults(error))
      }
    }
    return (
      <Card title="Become the operator">
        <p>
          You are signed in as <strong>{email}</strong>. The operator decides on applications, reviews sources
          and keeps this installation running.
        </p>
        <Summary faults={faults} />
        <Actions>
          <Button look="primary" onClick={() => void claim()}>
            Make me the operator
          </Button>
        </Actions>
      </Card>
    )
  }
  return (
    <Card title="Create the first operator">
      <p>
        This account will decide on applications, review sources and keep this installation running. The link
        works once.
      </p>
      <SignUpForm next="/platform/applications" operatorToken={token} />
      <p>
        You have an account already?{' '}
        <Link to="/login" search={{ next: `/operator?token=${token}` }}>
          Sign in first
        </Link>
      </p>
    </Card>
  )
}

/** Asks for the mail with a link to a new password. */
export function ForgotPassword() {
  const { email } = getRouteApi('/public/forgot-password').useSearch()
  const [sent, setSent] = useState(false)
  const form = useApiForm({
    values: { email: email ?? '' },
    send: async (values) => {
      await read(api.POST('/password-resets', { body: values }))
      setSent(true)
    },
  })
  return (
    <Card title="Forgot your password?">
      {sent ? (
        <Note tone="ok">
          If there is an account with this address, a mail with a link is on its way to it.
        </Note>
      ) : (
        <Form onSubmit={form.submit}>
          <Summary faults={form.faults} />
          <TextField
            label="E-mail"
            type="email"
            autoComplete="username"
            error={form.errors.email?.message}
            {...form.register('email', { required: 'Your e-mail address is needed.' })}
          />
          <Actions>
            <Button type="submit" look="primary" busy={form.busy}>
              Send me a link
            </Button>
          </Actions>
        </Form>
      )}
      <p>
        <Link to="/login">Back to sign in</Link>
      </p>
    </Card>
  )
}

/** A new password, by the link of a mail. */
export function ResetPassword() {
  const { token } = getRouteApi('/public/reset-password').useSearch()
  const navigate = useNavigate()
  const form = useApiForm({
    values: { password: '' },
    send: async ({ password }) => {
      await read(api.POST('/password-resets/redeem', { body: { token, password } }))
      toast('Your password is changed; sign in with it')
      await navigate({ to: '/login' })
    },
  })
  return (
    <Card title="Choose a new password">
      <Form onSubmit={form.submit}>
        <Summary faults={form.faults} />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          hint={PASSWORD_HINT}
          error={form.errors.password?.message}
          {...form.register('password', { required: 'A password is needed.' })}
        />
        <Actions>
          <Button type="submit" look="primary" busy={form.busy}>
            Change password
          </Button>
        </Actions>
      </Form>
    </Card>
  )
}

/** What a mailed link does once it is opened: it is done at once, and says how it went. */
function useLink(run: (() => Promise<unknown>) | null) {
  const [state, setState] = useState<'idle' | 'busy' | 'done' | Fault[]>(run ? 'busy' : 'idle')
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page opens.
  useEffect(() => {
    let gone = false
    // After this tick, so that a page which is drawn twice in development asks once.
    const timer = setTimeout(() => {
      if (!run || gone) return
      run().then(
        () => setState('done'),
        (error) => setState(failureFaults(error)),
      )
    })
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [])
  return state
}

/** Verifies the address by the link of the mail, or says that the mail is on its way. */
export function VerifyEmail() {
  const { token } = getRouteApi('/public/verify-email').useSearch()
  const next = new URLSearchParams(location.search).get('next') ?? undefined
  const client = useQueryClient()
  const account = useQuery(accountQuery).data
  const state = useLink(
    token
      ? async () => {
          await read(api.POST('/account/verification', { body: { token } }))
          await client.invalidateQueries({ queryKey: ['account'] })
        }
      : null,
  )
  const resend = async () => {
    try {
      await read(api.POST('/account/verification-mail'))
      toast('The mail is on its way again')
    } catch (error) {
      toast(failureFaults(error)[0]!.message, { bad: true })
    }
  }
  if (state === 'done' || account?.emailVerified) {
    return (
      <Card title="Your address is verified">
        <p>
          <a href={safeNext(next)}>Go on</a>
        </p>
      </Card>
    )
  }
  return (
    <Card title="Verify your e-mail address">
      {Array.isArray(state) && <Summary faults={state} />}
      {state === 'busy' ? (
        <p>One moment…</p>
      ) : (
        <>
          <p>
            We have sent a mail to <strong>{account?.email}</strong>. Open the link in it, in this browser. It
            may take a few minutes; look into the spam folder too.
          </p>
          <Actions>
            <Button onClick={() => void resend()}>Send it again</Button>
            <a href={safeNext(next)}>Go on without</a>
          </Actions>
        </>
      )}
    </Card>
  )
}

/** Confirms a changed address. */
export function ConfirmEmail() {
  const { token } = getRouteApi('/public/change-email').useSearch()
  const client = useQueryClient()
  const state = useLink(async () => {
    await read(api.POST('/account/email/confirmation', { body: { token } }))
    await client.invalidateQueries({ queryKey: ['account'] })
  })
  return (
    <Card title="Change your e-mail address">
      {Array.isArray(state) ? (
        <Summary faults={state} />
      ) : (
        <p>{state === 'done' ? 'Your new address is in use.' : 'One moment…'}</p>
      )}
      <p>
        <Link to="/account">Your account</Link>
      </p>
    </Card>
  )
}

/** Says who one is before an invitation is accepted, since it is for one address only. */
function Accept({
  title,
  accept,
  children,
}: {
  title: string
  accept: () => Promise<unknown>
  children: React.ReactNode
}) {
  const account = useQuery(accountQuery).data
  const [faults, setFaults] = useState<Fault[]>([])
  const [busy, setBusy] = useState(false)
  return (
    <Card title={title}>
      {children}
      <p>
        You are signed in as <strong>{account?.email}</strong>.
      </p>
      {account && !account.emailVerified && (
        <Note tone="warn">
          Your address is not verified yet.{' '}
          <Link to="/verify-email" search={{ token: '' }}>
            Verify it first
          </Link>
        </Note>
      )}
      <Summary faults={faults} />
      <Actions>
        <Button
          look="primary"
          busy={busy}
          onClick={async () => {
            setBusy(true)
            try {
              await accept()
            } catch (error) {
              setFaults(failureFaults(error))
            } finally {
              setBusy(false)
            }
          }}
        >
          Accept
        </Button>
      </Actions>
    </Card>
  )
}

/** An invitation into a workspace. */
export function AcceptInvitation() {
  const { token } = getRouteApi('/public/invitations/accept').useSearch()
  const client = useQueryClient()
  const navigate = useNavigate()
  return (
    <Accept
      title="Join a workspace"
      accept={async () => {
        const { workspace } = await read(api.POST('/invites/accept', { body: { token } }))
        await client.invalidateQueries({ queryKey: ['workspaces'] })
        await navigate({ to: '/w/$ws', params: { ws: workspace.slug } })
      }}
    >
      <p>You are invited to work in a workspace: its sources, their messages and destinations.</p>
    </Accept>
  )
}

/** An invitation into the Developer Portal. */
export function AcceptPortal() {
  const { token } = getRouteApi('/public/dev-portal/accept').useSearch()
  const client = useQueryClient()
  const navigate = useNavigate()
  return (
    <Accept
      title="Enter the Developer Portal"
      accept={async () => {
        await read(api.POST('/partner/accept', { body: { token } }))
        await client.invalidateQueries({ queryKey: ['partner'] })
        await navigate({ to: '/dev-portal/integrations' })
      }}
    >
      <p>
        Your company builds a source for the catalog. In the Developer Portal you build it, test it, and
        submit it.
      </p>
    </Accept>
  )
}

/** A workspace of one's own. */
export function NewWorkspace() {
  const client = useQueryClient()
  const navigate = useNavigate()
  const account = useQuery(accountQuery).data
  const form = useApiForm({
    values: { name: '', slug: '' },
    send: async ({ name, slug }) => {
      const { workspace } = await read(api.POST('/workspaces', { body: { name, slug: slug || null } }))
      await client.invalidateQueries({ queryKey: workspacesQuery.queryKey })
      await navigate({ to: '/w/$ws', params: { ws: workspace.slug } })
    },
  })
  return (
    <Card title="New workspace">
      <p>A workspace holds your sources, what they send, and the destinations it goes to.</p>
      {account && !account.emailVerified && (
        <Note tone="warn">
          Your address is not verified yet.{' '}
          <Link to="/verify-email" search={{ token: '' }}>
            Verify it first
          </Link>
        </Note>
      )}
      <Form onSubmit={form.submit}>
        <Summary faults={form.faults} />
        <TextField
          label="Name"
          error={form.errors.name?.message}
          {...form.register('name', { required: 'A name is needed.' })}
        />
        <TextField
          label="Slug"
          optional
          mono
          hint="Used in addresses. Made from the name when left out."
          error={form.errors.slug?.message}
          {...form.register('slug')}
        />
        <Actions>
          <Button type="submit" look="primary" busy={form.busy}>
            Create workspace
          </Button>
        </Actions>
      </Form>
    </Card>
  )
}
