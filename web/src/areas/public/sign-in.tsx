import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, type Fault, read } from '../../api/client'
import { accountQuery } from '../../api/queries'
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
