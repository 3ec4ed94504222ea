import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { accountQuery } from '../../api/queries'
import { Note } from '../../kit/page'

/** Says to whoever has not verified their address that this needs it. */
export function Unverified() {
  const account = useQuery(accountQuery).data
  if (!account || account.emailVerified) return null
  return (
    <Note tone="warn">
      Your address is not verified yet.{' '}
      <Link to="/verify-email" search={{ token: '' }}>
        Verify it first
      </Link>
    </Note>
  )
}
