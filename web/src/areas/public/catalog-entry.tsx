import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { accountQuery, workspacesQuery } from '../../api/queries'
import { Button, LinkButton } from '../../kit/button'
import { Dialog } from '../../kit/dialog'
import { Skeleton } from '../../kit/loaded'
import { destinationEntryQuery, type Kind, sourceEntryQuery } from '../catalog/entries'
import { DestinationEntry, SourceEntry } from '../catalog/entry-page'
import { Found } from '../catalog/found'
import { WorkspaceChoice } from '../catalog/workspace-choice'

/** The public page of an entry. Adding it goes on in one of the reader's workspaces. */
export function CatalogEntry() {
  const account = useQuery(accountQuery)
  const { kind } = getRouteApi('/public/catalog/$slug').useSearch()
  if (account.isPending) return <Skeleton rows={6} />
  const signedIn = !!account.data
  return kind === 'destinations' ? <OneDestination signedIn={signedIn} /> : <OneSource signedIn={signedIn} />
}

function OneSource({ signedIn }: { signedIn: boolean }) {
  const { slug } = getRouteApi('/public/catalog/$slug').useParams()
  const entry = useQuery(sourceEntryQuery(slug, { signedIn }))
  return (
    <Found query={entry} catalog={<Link to="/catalog">Look in the catalog</Link>}>
      {(entry) => (
        <SourceEntry
          entry={entry}
          action={<Add kind="sources" slug={slug} name={entry.name} signedIn={signedIn} />}
        />
      )}
    </Found>
  )
}

function OneDestination({ signedIn }: { signedIn: boolean }) {
  const { slug } = getRouteApi('/public/catalog/$slug').useParams()
  const entry = useQuery(destinationEntryQuery(slug))
  return (
    <Found
      query={entry}
      catalog={
        <Link to="/catalog" search={{ kind: 'destinations' }}>
          Look in the catalog
        </Link>
      }
    >
      {(entry) => (
        <DestinationEntry
          entry={entry}
          action={<Add kind="destinations" slug={slug} name={entry.name} signedIn={signedIn} />}
        />
      )}
    </Found>
  )
}

function Add({ kind, slug, name, signedIn }: { kind: Kind; slug: string; name: string; signedIn: boolean }) {
  const [asking, setAsking] = useState(false)
  const workspaces = useQuery({ ...workspacesQuery, enabled: signedIn }).data
  const search = kind === 'destinations' ? { kind } : {}
  if (!signedIn) {
    const next =
      kind === 'sources' ? `/goto-my-workspace/sources/catalog/${slug}` : `/catalog/${slug}?kind=${kind}`
    return (
      <>
        <LinkButton to="/login" search={{ next }}>
          Sign in
        </LinkButton>
        <LinkButton look="primary" to="/signup" search={{ next }}>
          Add to workspace
        </LinkButton>
      </>
    )
  }
  const only = workspaces?.length === 1 ? workspaces[0] : undefined
  if (only) {
    return (
      <LinkButton look="primary" to="/w/$ws/catalog/$slug" params={{ ws: only.slug, slug }} search={search}>
        Add to {only.name}
      </LinkButton>
    )
  }
  return (
    <>
      <Button look="primary" disabled={!workspaces} onClick={() => setAsking(true)}>
        Add to workspace
      </Button>
      <Dialog title={`Add ${name} to which workspace?`} open={asking} onClose={() => setAsking(false)}>
        {workspaces?.length === 0 ? (
          <p>
            You have no workspace yet. <Link to="/workspaces/new">Create one</Link>, then come back to this
            page.
          </p>
        ) : (
          <WorkspaceChoice workspaces={workspaces ?? []} slug={slug} kind={kind} />
        )}
      </Dialog>
    </>
  )
}
