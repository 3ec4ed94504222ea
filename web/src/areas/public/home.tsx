import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { accountQuery, partnerQuery, workspacesQuery } from '../../api/queries'
import { LinkButton } from '../../kit/button'
import { Actions } from '../../kit/fields'
import { Skeleton } from '../../kit/loaded'
import { useTitle } from '../../kit/page'
import css from './home.module.css'

/** The workspace that was open last in this browser. */
export const LAST_WORKSPACE = 'headwater.workspace'

/** Signed in: on to where one works. Otherwise: what this is. */
export function Home() {
  useTitle()
  const account = useQuery(accountQuery)
  const workspaces = useQuery({ ...workspacesQuery, enabled: !!account.data })
  const partner = useQuery({ ...partnerQuery, enabled: !!account.data })
  if (account.isPending) return <Skeleton />
  if (!account.data) return <Welcome />
  if (workspaces.isPending || partner.isPending) return <Skeleton />
  const slugs = (workspaces.data ?? []).map(({ slug }) => slug)
  const last = localStorage.getItem(LAST_WORKSPACE)
  const ws = last && slugs.includes(last) ? last : slugs[0]
  if (ws) return <Navigate to="/w/$ws" params={{ ws }} replace />
  if (partner.data) return <Navigate to="/dev-portal/integrations" replace />
  if (account.data.operator) return <Navigate to="/platform/applications" replace />
  return <Navigate to="/workspaces/new" replace />
}

function Welcome() {
  return (
    <div className={css.welcome}>
      <h1>Every event, accounted for.</h1>
      <p className={css.lead}>
        Headwater collects events from any Segment SDK, keeps them on disk before it answers, and brings them
        to your destinations. What came in equals what was delivered, what waits, and what was discarded with
        a reason.
      </p>
      <Actions>
        <LinkButton to="/signup" look="primary">
          Create an account
        </LinkButton>
        <LinkButton to="/login">Sign in</LinkButton>
        <LinkButton to="/catalog" look="quiet">
          Browse the catalog
        </LinkButton>
      </Actions>
      <dl className={css.points}>
        <div>
          <dt>For customers</dt>
          <dd>Add a source, copy its write key, watch messages arrive, connect destinations.</dd>
        </div>
        <div>
          <dt>For source builders</dt>
          <dd>Apply, build in private, prove it on real events, and be listed after a review.</dd>
        </div>
        <div>
          <dt>For operators</dt>
          <dd>One binary on one machine; the same data answers every question about it.</dd>
        </div>
      </dl>
    </div>
  )
}
