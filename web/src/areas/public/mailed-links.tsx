import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api, type Fault, read } from '../../api/client'
import { accountQuery } from '../../api/queries'
import { Button } from '../../kit/button'
import { Actions, Summary } from '../../kit/fields'
import { failureFaults } from '../../kit/form'
import { toastRefusal } from '../../kit/refusal'
import { toast } from '../../kit/toast'
import { safeNext } from '../../shell/guard'
import { Card } from '../../shell/public'
import { Unverified } from './unverified'

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
      toastRefusal(error)
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
      <Unverified />
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
