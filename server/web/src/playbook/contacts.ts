// SPDX-License-Identifier: Apache-2.0
// Whom to telephone: holders of duties with their numbers, for paper.
import { directory } from '../base/services'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'

export interface Contact {
  role: RoleJson
  post: string
  person: string
  phones: string[]
}

// Too many hold these to print them in a plan.
const MANY: readonly RoleJson[] = ['ROLE_ISM', 'ROLE_STAFF', 'ROLE_SYSMGR', 'ROLE_ISO', 'ROLE_UNSPECIFIED']
const POSTS = 4

async function phonesOf(id: string | undefined): Promise<string[]> {
  if (!id) return []
  const answer = await directory.getPerson({ id })
  return (answer.contactPoints ?? [])
    .filter((one) => one.kind === 'CONTACT_KIND_MOBILE' || one.kind === 'CONTACT_KIND_PHONE')
    .flatMap((one) => (one.address ? [one.address] : []))
}

async function holdersOf(role: RoleJson): Promise<Contact[]> {
  const { posts } = await directory.listPosts({ role, pageSize: POSTS })
  const holders = (posts ?? []).flatMap((post) => (post.holders ?? []).slice(0, 2).map((tenure) => ({ post, tenure })))
  return Promise.all(
    holders.slice(0, POSTS).map(async ({ post, tenure }) => ({
      role,
      post: post.name ?? '',
      person: tenure.person?.name ?? '',
      phones: await phonesOf(tenure.person?.id).catch(() => []),
    })),
  )
}

// The holders of these duties, in their order; a duty that cannot be read is left out.
export async function contactsOf(roles: readonly RoleJson[]): Promise<Contact[]> {
  const wanted = [...new Set(roles)].filter((role) => !MANY.includes(role))
  const found = await Promise.all(wanted.map((role) => holdersOf(role).catch(() => [])))
  return found.flat()
}
