export const dynamic = "force-dynamic";
export default function Page() { return <p>made at run time</p>; }
