import { Link } from '@tanstack/react-router'
import type { Shapes } from '../../api/client'
import css from './choice.module.css'
import type { Kind } from './entries'

/** Which workspace an entry is to be added to: each leads to the entry's page in it. */
export function WorkspaceChoice({
  workspaces,
  slug,
  kind = 'sources',
}: {
  workspaces: Pick<Shapes['WorkspaceView'], 'id' | 'slug' | 'name'>[]
  slug: string
  kind?: Kind
}) {
  return (
    <ul className={css.choices}>
      {workspaces.map((workspace) => (
        <li key={workspace.id}>
          <Link
            to="/w/$ws/catalog/$slug"
            params={{ ws: workspace.slug, slug }}
            search={kind === 'destinations' ? { kind } : {}}
          >
            <strong>{workspace.name}</strong>
            <code>{workspace.slug}</code>
          </Link>
        </li>
      ))}
    </ul>
  )
}
