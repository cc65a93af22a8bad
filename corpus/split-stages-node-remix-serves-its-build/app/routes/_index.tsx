import { json } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";

export const loader = async () => json({ robins: 31 });

export default function Index() {
  const { robins } = useLoaderData<typeof loader>();
  return <h1>{`${robins} robins were counted`}</h1>;
}
