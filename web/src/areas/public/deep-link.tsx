import { useQuery } from '@tanstack/react-query'
import { Link, Navigate, useParams } from '@tanstack/react-router'
import { ApiFailure } from '../../api/client'
import { Problem, Skeleton } from '../../kit/loaded'
import { Card } from '../../shell/public'
import { installQuery } from '../catalog/entries'
import { WorkspaceChoice } from '../catalog/workspace-choice'

/** The end of a partner's install link: the source's page in a workspace, which is asked for where there are several. */
export function DeepLink() {
  const { slug, ws } = useParams({ strict: false }) as { slug: string; ws?: string }
  const install = useQuery(installQuery(slug, ws))
  if (install.error) {
    const { error } = install
    if (error instanceof ApiFailure && error.status === 404) {
      return (
        <Card title="This link leads nowhere for you">
          <p>
            There is no source <code>{slug}</code> that you may add
            {ws ? (
              <>
                {' '}
                to the workspace <code>{ws}</code>
              </>
            ) : null}
            . It may be private to others, or its address is mistyped: ask whoever gave you the link.
          </p>
          <p>
            <Link to="/catalog">Look in the catalog</Link>
          </p>
        </Card>
      )
    }
    return (
      <Card title="The link could not be followed">
        <Problem error={error} retry={() => install.refetch()} />
      </Card>
    )
  }
  if (!install.data) return <Skeleton rows={3} />
  const { metadata, workspace, workspaces } = install.data
  if (workspace) {
    return <Navigate to="/w/$ws/catalog/$slug" params={{ ws: workspace.slug, slug }} replace />
  }
  if (workspaces.length === 0) {
    return (
      <Card title={`Add ${metadata.name}`}>
        <p>
          You need a workspace first, and the right to add sources to it. Open this link again afterwards.
        </p>
        <p>
          <Link to="/workspaces/new">Create a workspace</Link>
        </p>
      </Card>
    )
  }
  return (
    <Card title={`Add ${metadata.name} to which workspace?`}>
      <WorkspaceChoice workspaces={workspaces} slug={slug} />
    </Card>
  )
}
