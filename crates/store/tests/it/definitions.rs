//! Definitions with conflicts, and sign-ins.

use crate::rows::NOON;
use anyhow::{Context, Result};
use protocol::{ProjectId, WriteKey};
use store::definition::Kind;
use store::{
    Connection, Definition, Edit, Error, Member, Project, Role, SignIn, WeekStart, testing,
};

fn project(name: &str) -> Result<Project> {
    Ok(Project {
        id: ProjectId::parse("tidemark")?,
        name: name.to_owned(),
        write_key: WriteKey::parse("wk_0123456789abcdefABCDEF01")?,
        id_key: [7; 16],
        time_zone: "Europe/Berlin".to_owned(),
        week_start: WeekStart::Sunday,
        count_automated: true,
    })
}

fn edit(expected_version: u32) -> Edit {
    Edit { expected_version, author: "ana".to_owned(), at: NOON }
}

#[tokio::test]
async fn the_latest_version_holds() -> Result<()> {
    let Some(store) = testing::open("latest").await? else { return Ok(()) };
    let connection = store.connection;
    assert_eq!(connection.put_project(&project("One")?, &edit(0)).await?, 1);
    assert_eq!(connection.put_project(&project("Two")?, &edit(1)).await?, 2);
    let projects = connection.projects().await?;
    assert_eq!(projects.len(), 1);
    assert_eq!((projects[0].version, &projects[0].value), (2, &project("Two")?));
    let member = Member {
        email: "ana@example.com".to_owned(),
        name: "Ana".to_owned(),
        password_hash: "$argon2id$".to_owned(),
        role: Role::Admin,
    };
    connection.put_member(&member, &edit(0)).await?;
    let members = connection.members().await?;
    assert_eq!((members.len(), &members[0].value), (1, &member));
    assert_eq!(connection.definitions().await?.len(), 2);
    connection.delete_member(&member, &edit(1)).await?;
    assert!(connection.members().await?.is_empty());
    assert_eq!(connection.version_of(Kind::Member, &member.id()).await?, 2);
    assert_eq!(connection.version_of(Kind::Member, "nobody").await?, 0);
    Ok(())
}

#[tokio::test]
async fn an_edit_of_an_old_version_is_a_conflict() -> Result<()> {
    let Some(store) = testing::open("conflict").await? else { return Ok(()) };
    let connection = store.connection;
    connection.put_project(&project("One")?, &edit(0)).await?;
    for expected in [0, 2] {
        let error = connection.put_project(&project("Two")?, &edit(expected)).await.err();
        let error = error.context("it was accepted")?;
        assert!(matches!(error, Error::Conflict { current: 1, .. }), "{error}");
        assert!(!error.is_retryable());
    }
    assert_eq!(connection.projects().await?[0].value.name, "One");
    Ok(())
}

#[tokio::test]
async fn of_many_at_once_exactly_one_wins() -> Result<()> {
    let Some(store) = testing::open("race").await? else { return Ok(()) };
    let databases = store.connection.databases().clone();
    for version in 0..4 {
        let writers = (0..8).map(|n| {
            let (target, databases) = (store.target.clone(), databases.clone());
            tokio::spawn(async move {
                let connection = Connection::new(target, databases)?;
                let written =
                    connection.put_project(&project(&format!("{n}"))?, &edit(version)).await;
                anyhow::Ok((n, written))
            })
        });
        let mut winners = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            match writer.await?? {
                (n, Ok(_)) => winners.push(format!("{n}")),
                (_, Err(error)) => assert!(matches!(error, Error::Conflict { .. }), "{error:?}"),
            }
        }
        let projects = store.connection.projects().await?;
        assert_eq!(projects[0].version, version + 1);
        assert_eq!(winners, [projects[0].value.name.clone()]);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_can_come_back() -> Result<()> {
    let Some(store) = testing::open("deleted").await? else { return Ok(()) };
    let connection = store.connection;
    connection.put_project(&project("One")?, &edit(0)).await?;
    let deleted = Definition {
        kind: Kind::Project,
        id: "tidemark".to_owned(),
        version: 2,
        body: "{}".to_owned(),
        author: "ana".to_owned(),
        written_at: NOON,
        deleted: true,
    };
    connection.put(&deleted, 1).await?;
    assert!(connection.projects().await?.is_empty());
    assert_eq!(connection.definitions().await?, [deleted]);
    connection.put_project(&project("Three")?, &edit(2)).await?;
    assert_eq!(connection.projects().await?[0].version, 3);
    Ok(())
}

#[tokio::test]
async fn a_sign_in_ends_by_time_or_by_signing_out() -> Result<()> {
    let Some(store) = testing::open("sign_in").await? else { return Ok(()) };
    let connection = store.connection;
    // Far ahead: the table itself drops what expired a day ago, by the server's clock.
    let expires_at = NOON.plus_millis(1_000 * 365 * 86_400_000 / 365);
    let sign_in = SignIn { token_hash: [255; 32], member_id: "m".to_owned(), expires_at };
    assert_eq!(connection.signed_in(&[255; 32], NOON).await?, None);
    connection.sign_in(&sign_in).await?;
    assert_eq!(connection.signed_in(&[255; 32], NOON).await?, Some(sign_in.clone()));
    assert_eq!(connection.signed_in(&[255; 32], expires_at).await?, None);
    assert_eq!(connection.signed_in(&[254; 32], NOON).await?, None);
    connection.sign_out(&sign_in).await?;
    assert_eq!(connection.signed_in(&[255; 32], NOON).await?, None);
    Ok(())
}

#[tokio::test]
async fn every_sign_in_of_one_member_ends() -> Result<()> {
    let Some(store) = testing::open("sign_out_everywhere").await? else { return Ok(()) };
    let connection = store.connection;
    let expires_at = NOON.plus_millis(1_000 * 86_400_000);
    let sign_in = |n: u8, member: &str| SignIn {
        token_hash: [n; 32],
        member_id: member.to_owned(),
        expires_at,
    };
    for one in [sign_in(1, "ana"), sign_in(2, "ana"), sign_in(3, "bob")] {
        connection.sign_in(&one).await?;
    }
    connection.sign_out(&sign_in(2, "ana")).await?;
    connection.sign_out_everywhere("ana").await?;
    connection.sign_out_everywhere("nobody").await?;
    for n in [1, 2] {
        assert_eq!(connection.signed_in(&[n; 32], NOON).await?, None);
    }
    assert_eq!(connection.signed_in(&[3; 32], NOON).await?, Some(sign_in(3, "bob")));
    Ok(())
}
