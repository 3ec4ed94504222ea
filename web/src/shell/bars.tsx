import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read } from '../api/client'
import { accountQuery } from '../api/queries'
import { Button } from '../kit/button'
import { toastRefusal } from '../kit/refusal'
import { toast } from '../kit/toast'
import css from './bars.module.css'

/** Whether what is typed here can be read on its way: plain http, and not on this very machine. */
export function unencrypted({ protocol, hostname }: { protocol: string; hostname: string }): boolean {
  const here = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
  return protocol === 'http:' && !here
}

/** Says that what is typed can be read on its way, where that is so. */
export function Unencrypted() {
  if (!unencrypted(location)) return null
  return (
    <p className={css.bar}>
      <span>
        <strong>This page is not encrypted.</strong> Passwords and keys can be read on their way. Serve
        Headwater over https before you use it in earnest.
      </span>
    </p>
  )
}

/** What has to be known on every page of those who are signed in. */
export function Bars() {
  const account = useQuery(accountQuery).data
  return (
    <>
      <Unencrypted />
      {account && !account.emailVerified && <Unverified email={account.email} />}
    </>
  )
}

function Unverified({ email }: { email: string }) {
  const [busy, setBusy] = useState(false)
  return (
    <div className={css.bar}>
      <span>
        <strong>Your address is not verified.</strong> Follow the link that we mailed to {email}; until then
        you cannot make a workspace or apply.
      </span>
      <Button
        small
        busy={busy}
        onClick={async () => {
          setBusy(true)
          try {
            await read(api.POST('/account/verification-mail'))
            toast(`A new mail is on its way to ${email}`)
          } catch (error) {
            toastRefusal(error)
          } finally {
            setBusy(false)
          }
        }}
      >
        Send it again
      </Button>
      <Link to="/account">Change the address</Link>
    </div>
  )
}
